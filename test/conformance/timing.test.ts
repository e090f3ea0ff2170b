// When things happen by themselves: delays of restarts, pauses between probes, time limits. Both engines are asked when each thing
// happened. What a machine is busy with only adds to a time, so the least of several is compared; more are taken until they agree.
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { until } from '../support/command.ts';
import { ours, peer, type Side, theirs, useSides } from './sides.ts';

const image = 'timing-conformance:1';
const names = ['tm-loop', 'tm-rest', 'tm-well', 'tm-sick', 'tm-slow', 'tm-deaf'];
const attempts = 3;
const tolerance = 100;

useSides(image, clear);

async function clear(docker: Side['docker']): Promise<void> {
  await docker('rm', '-f', '-v', ...names);
  await docker('volume', 'rm', '-f', 'tm-data');
}

/** An engine that is listened to. */
interface Heard extends Side {
  of(id: string): Event[];
}

interface Event {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  timeNano: number;
}

/** Milliseconds by what they are the time of, each once for every time it was seen. */
type Times = Map<string, number[]>;

/** What an engine tells from now on, by the container that it is about, until `stop`. */
async function listen({ socket }: Side): Promise<{ of(id: string): Event[]; stop(): Promise<void> }> {
  const told = new Map<string, Event[]>();
  const stopping = new AbortController();
  const filters = encodeURIComponent(JSON.stringify({ type: ['container', 'volume'] }));
  const response = await fetch(`http://engine/events?filters=${filters}`, { unix: socket, signal: stopping.signal });
  const take = (line: string): void => {
    const event = JSON.parse(line) as Event;
    const id = event.Actor.Attributes.container ?? event.Actor.ID;
    told.set(id, [...(told.get(id) ?? []), event]);
  };
  const reading = (async () => {
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') take(line);
    }
  })().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  return {
    of: (id) => told.get(id) ?? [],
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}

/** Milliseconds from each `from` to the next `to`. */
function gaps(all: Event[], from: string, to: string): { at: number; gap: number }[] {
  const found: { at: number; gap: number }[] = [];
  let begun: number | undefined;
  for (const { Action, timeNano } of all) {
    const at = timeNano / 1e6;
    if (Action.startsWith(to) && begun !== undefined) {
      found.push({ at: begun, gap: at - begun });
      begun = undefined;
    }
    if (Action.startsWith(from)) begun = at;
  }
  return found;
}

const seen = (times: Times, what: string, gap: number | undefined): void => {
  if (gap !== undefined) times.set(what, [...(times.get(what) ?? []), gap]);
};

/** Its id. */
async function start({ docker }: Heard, name: string, options: string[], command: string): Promise<string> {
  const { code, stdout, stderr } = await docker('run', '-d', '--name', name, ...options, image, 'sh', '-c', command);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** What the machine's clock says is the time at which it had run for so many seconds. */
const bootedAt = (): number => Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;

/**
 * From each end of the process, as it says itself, to the beginning of the next start, which begins with its volumes: what an engine
 * takes to tell of an end, or to start, is no part of it.
 */
async function delays(on: Heard, id: string, count: number): Promise<number[]> {
  const mounts = () => on.of(id).filter(({ Action }) => Action === 'mount');
  await until(`${count} restarts`, () => mounts().length > count, 90_000);
  const { stdout } = await on.docker('logs', id);
  const ends = stdout.split('\n').map((line) => bootedAt() + Number(line.split(' ')[0]) * 1000);
  return mounts()
    .slice(1, count + 1)
    .map(({ timeNano }, index) => timeNano / 1e6 - (ends[index] ?? Number.NaN));
}

const again = ['-v', 'tm-data:/data', '--restart', 'always'];
const end = 'cat /proc/uptime; exit 1';

async function doubling(on: Heard, times: Times): Promise<void> {
  const id = await start(on, 'tm-loop', again, end);
  for (const [index, gap] of (await delays(on, id, 5)).entries()) seen(times, `restart ${index + 1}`, gap);
  await on.docker('rm', '-f', 'tm-loop');
}

/** Three lives end at once, and one after more than 10 s. */
async function resting(on: Heard, times: Times): Promise<void> {
  const id = await start(on, 'tm-rest', again, `echo >>/lives; [ $(wc -l </lives) -eq 4 ] && sleep 10.3; ${end}`);
  const [, , third, rested] = await delays(on, id, 4);
  seen(times, 'restart 3 after short lives', third);
  seen(times, 'restart after 10 s of life', rested);
}

const isProbe = ({ Action }: Event): boolean => Action.startsWith('exec_create');

async function probes(on: Heard, times: Times): Promise<void> {
  const well = ['--health-interval=700ms', '--health-start-period=20s', '--health-start-interval=300ms'];
  const healthy = await start(on, 'tm-well', [...well, '--health-cmd=true'], 'exec sleep 100');
  const sick = ['--health-interval=900ms', '--health-start-period=3s', '--health-start-interval=400ms'];
  const failing = await start(on, 'tm-sick', [...sick, '--health-retries=2', '--health-cmd=false'], 'exec sleep 100');
  const slow = ['--health-interval=200ms', '--health-timeout=600ms', '--health-cmd=exec sleep 50'];
  await start(on, 'tm-slow', slow, 'exec sleep 100');
  await until('it was probed often', () => on.of(healthy).filter(isProbe).length >= 5, 60_000);
  seen(times, 'first probe', gaps(on.of(healthy), 'start', 'exec_create')[0]?.gap);
  for (const { gap } of gaps(on.of(healthy), 'exec_die', 'exec_create')) seen(times, 'interval once healthy', gap);
  const afterSick = () => {
    const at = on.of(failing).findIndex(({ Action }) => Action === 'health_status: unhealthy');
    return at >= 0 && on.of(failing).slice(at).some(isProbe);
  };
  await until('it was probed after it became unhealthy', afterSick, 60_000);
  const begun = (on.of(failing).find(({ Action }) => Action === 'start')?.timeNano ?? 0) / 1e6;
  for (const { at, gap } of gaps(on.of(failing), 'exec_die', 'exec_create')) {
    // What is decided at the very end of the period may be decided either way.
    if (Math.abs(at - begun - 3000) > 300) seen(times, at - begun < 3000 ? 'start interval' : 'interval after', gap);
  }
  await until('it took too long', async () => (await log(on, 'tm-slow')).length >= 3, 60_000);
  for (const { Start, End } of await log(on, 'tm-slow')) seen(times, 'time limit', Date.parse(End) - Date.parse(Start));
}

async function log({ docker }: Heard, name: string): Promise<{ Start: string; End: string }[]> {
  return JSON.parse((await docker('inspect', '-f', '{{json .State.Health.Log}}', name)).stdout);
}

/** A container that hears no signal gets so much time. */
async function stopping(on: Heard, times: Times): Promise<void> {
  const id = await start(on, 'tm-deaf', [], 'trap "" TERM; echo up; while :; do sleep 0.1; done');
  await until('it is up', async () => (await on.docker('logs', 'tm-deaf')).stdout === 'up\n', 20_000);
  await on.docker('stop', '-t', '1', 'tm-deaf');
  const signals = on.of(id).filter(({ Action }) => Action === 'kill');
  expect(signals.map(({ Actor }) => Actor.Attributes.signal)).toEqual(['15', '9']);
  const [first = 0, second = 0] = signals.map(({ timeNano }) => timeNano / 1e6);
  seen(times, 'time to stop in', second - first);
}

async function measure(side: Side, times: Times): Promise<void> {
  const { of, stop } = await listen(side);
  try {
    const on = { ...side, of };
    const rested = resting(on, times);
    await Promise.all([
      rested,
      doubling(on, times)
        .then(() => stopping(on, times))
        .then(() => probes(on, times)),
    ]);
  } finally {
    await stop();
    await clear(side.docker);
  }
}

const least = (times: Times): Record<string, number> =>
  Object.fromEntries(
    [...times.keys()].toSorted().map((what) => [what, Math.round(Math.min(...(times.get(what) ?? [])))]),
  );

/** What is longer apart than it may be. */
const apart = (mine: Record<string, number>, other: Record<string, number>): string[] =>
  Object.keys(other).filter((what) => !(Math.abs((mine[what] ?? Number.NaN) - (other[what] ?? 0)) <= tolerance));

/** The clocks that are compared count hundredths of a second. */
const early = 12;

/** No time that was set is cut short, however busy the machine is. */
const set: Record<string, number> = {
  'first probe': 300,
  'interval once healthy': 700,
  'start interval': 400,
  'interval after': 900,
  'time limit': 600,
  'time to stop in': 1000,
  'restart 1': 100,
  'restart 2': 200,
  'restart 3': 400,
  'restart 4': 800,
  'restart 5': 1600,
  'restart 3 after short lives': 400,
  'restart after 10 s of life': 100,
};

/** How much of the processors' time since the machine's start nobody had, and all of it. */
function processors(): { idle: number; all: number } {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? [];
  const numbers = fields.map(Number);
  return { idle: (numbers[3] ?? 0) + (numbers[4] ?? 0), all: numbers.reduce((sum, one) => sum + one, 0) };
}

/** The share of the processors' time that was left over meanwhile. */
async function idleDuring(work: () => Promise<unknown>): Promise<number> {
  const before = processors();
  await work();
  const after = processors();
  return (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

/** Below that others wait as well. */
const calmFrom = 0.2;

test.skipIf(peer === undefined)(
  'restarts, probes and limits come when a real Docker’s do, within 100 ms',
  async () => {
    const [mine, other]: [Times, Times] = [new Map(), new Map()];
    let differ: string[] = ['all'];
    let calm = false;
    for (let attempt = 1; attempt <= attempts && differ.length > 0; attempt++) {
      const idle = await idleDuring(() => Promise.all([measure(ours, mine), measure(theirs, other)]));
      calm ||= idle >= calmFrom;
      differ = apart(least(mine), least(other));
      if (differ.length > 0)
        console.log(`timing, attempt ${attempt} (${Math.round(idle * 100)} % idle): ${differ.join(', ')}`);
    }
    console.log(`timing: ours ${JSON.stringify(least(mine))}\ntiming: theirs ${JSON.stringify(least(other))}`);
    expect(Object.keys(least(mine))).toEqual(Object.keys(set).toSorted());
    for (const [what, time] of Object.entries(least(mine)))
      expect({ what, time }).toEqual({ what, time: Math.max(time, (set[what] ?? 0) - early) });
    if (calm) expect(differ).toEqual([]);
    else if (differ.length > 0) console.log('timing: this machine was too busy all the time to compare these');
  },
  600_000,
);
