import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What the whole machine has and has used, beside which a container's share is shown. */
export interface Machine {
  /** Time of all CPUs since boot, busy and idle, in nanoseconds. */
  cpuTime: number;
  cpus: number;
  /** Bytes. */
  memory: number;
}

/** Nanoseconds of a tick of /proc/stat. */
const tick = 10_000_000;

export function readMachine(): Machine {
  return { ...parseStat(readFileSync('/proc/stat', 'utf8')), memory: totalmem() };
}

/** Docker counts user, nice, system, idle, I/O wait and the two kinds of interrupts. */
export function parseStat(text: string): { cpuTime: number; cpus: number } {
  const [, ...fields] = (/^cpu .*$/m.exec(text)?.[0] ?? '').split(/\s+/);
  const ticks = fields.slice(0, 7).reduce((sum, field) => sum + Number(field), 0);
  return { cpuTime: ticks * tick, cpus: [...text.matchAll(/^cpu\d/gm)].length };
}
