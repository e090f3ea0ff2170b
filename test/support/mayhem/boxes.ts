/** What a container of the kill test does, and so what must be true of it whenever one looks. */
export type Kind = 'writer' | 'ender' | 'passing' | 'probed' | 'again';

/** A container as its clients know it. `open`: a request about that was cut off, and either may be so. */
export interface Box {
  readonly name: string;
  readonly kind: Kind;
  /** The code it ends with by itself. */
  readonly code: number;
  id: string;
  presence: 'here' | 'gone' | 'open';
  run: 'created' | 'running' | 'stopped' | 'open';
  /** The codes it may have ended with, where it was stopped. */
  codes: number[];
  /** How often it was surely started, and how often perhaps. */
  starts: number;
  maybe: number;
  /** How often it was surely or perhaps ended or paused since one looked: it may not have come to count a life so short. */
  ended: number;
  /** A client is at it. */
  busy: boolean;
  /** The lives whose monitor was killed: their last lines may be lost. */
  cut: Set<number>;
  /** What execs have surely written into the volume, and what they may have written. */
  written: string[];
  perhaps: string[];
  /** What was asked of it, and what came of that: told when something is wrong. */
  history: string[];
}

export function newBox(name: string, kind: Kind, code: number): Box {
  const marks = {
    id: '',
    presence: 'open',
    run: 'created',
    codes: [],
    starts: 0,
    maybe: 0,
    ended: 0,
    busy: true,
  } as const;
  return { name, kind, code, ...marks, codes: [], cut: new Set(), written: [], perhaps: [], history: [] };
}

/** Counts its lives, and tells each line of output in a file of its own after it was printed. */
const begin = 'n=$(cat /w/life 2>/dev/null || echo 0); n=$((n+1)); echo $n >/w/new; mv /w/new /w/life';
const line = (number: string) => `echo "$n ${number}"; echo ${number} >/w/$n`;

function script({ kind, code }: Box): string {
  if (kind === 'writer' || kind === 'probed') {
    return `${begin}; trap 'exit 11' TERM; i=0; while :; do i=$((i+1)); ${line('$i')}; sleep 0.05; done`;
  }
  return `${begin}; ${line('1')}; sleep 0.${code % 4}; ${line('2')}; exit ${code}`;
}

/** The body of its creation; `witness` is a directory of the host where it tells of itself. */
export function requestFor(box: Box, witness: string): object {
  const probe = { Test: ['CMD', 'true'], Interval: 300e6, Timeout: 20e9, Retries: 2 };
  return {
    Image: 'busybox',
    Cmd: ['sh', '-c', script(box)],
    ...(box.kind === 'probed' && { Healthcheck: probe }),
    HostConfig: {
      Binds: [`${witness}:/w`, `${volumeOf(box)}:/data`],
      AutoRemove: box.kind === 'passing',
      ...(box.kind === 'again' && { RestartPolicy: { Name: 'always' } }),
    },
  };
}

/** The volume that its execs write to. */
export const volumeOf = ({ name }: Pick<Box, 'name'>): string => `vol-${name}`;
