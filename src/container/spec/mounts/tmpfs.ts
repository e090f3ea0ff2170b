import type { Mount } from '../../../api/index.ts';
import type { EngineError } from '../../../kit/index.ts';

/** Options of a tmpfs mount from Mount's typed fields; a size is in the largest unit that divides it. */
export function tmpfsOptions(mount: Mount, refuse: (why: string) => EngineError): string[] {
  const { Mode, SizeBytes, Options } = mount.TmpfsOptions ?? {};
  const extra = (Options ?? []).map((option) => {
    if (option.length < 1 || option.length > 2) throw refuse('invalid option array length');
    if (!['exec', 'noexec'].includes(option[0] ?? '')) throw refuse(`invalid option: ${option[0]}`);
    return option.join('=');
  });
  return [
    ...(mount.ReadOnly ? ['ro'] : []),
    ...(Mode ? [`mode=${Mode.toString(8)}`] : []),
    ...(SizeBytes ? [`size=${inLargestUnit(SizeBytes)}`] : []),
    ...extra,
  ];
}

function inLargestUnit(bytes: number): string {
  for (const [unit, size] of [
    ['g', 2 ** 30],
    ['m', 2 ** 20],
    ['k', 2 ** 10],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

/** The two words of each pair contradict each other. */
const opposites = [
  ['ro', 'rw'],
  ['exec', 'noexec'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['relatime', 'norelatime'],
  ['strictatime', 'nostrictatime'],
  ['async', 'sync'],
  ['dirsync', 'nodirsync'],
  ['bind'],
  ['rbind'],
  ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared', 'unbindable', 'runbindable'],
];
const keys = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];

/** One list out of many, in which what comes later wins over what contradicts it; unknown options are refused by `refuse`. */
export function mergeTmpfsOptions(options: string[], refuse: (option: string) => EngineError): string[] {
  const seen = new Set<string | string[]>();
  const merged: string[] = [];
  for (const option of options.toReversed()) {
    if (option === 'defaults' || option === '') continue;
    const kind = opposites.find((words) => words.includes(option)) ?? keys.find((key) => option.startsWith(`${key}=`));
    if (!kind) throw refuse(option);
    if (!seen.has(kind)) merged.unshift(option);
    seen.add(kind);
  }
  return merged;
}
