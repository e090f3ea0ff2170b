import type { Cgroups } from '../../host/index.ts';
import type { BlockUsage, Usage } from '../contract.ts';
import { fileReader, numberOf, numbersOf, type ReadFile } from './numbers.ts';

/** Nanoseconds of a microsecond, in which v2 counts. */
const micro = 1000;

export function usageV2(cgroups: Cgroups, cgroup: string): Usage {
  const read = fileReader(cgroups, cgroup);
  const pids = numberOf(read('pids', 'pids.current'));
  const pidsLimit = numberOf(read('pids', 'pids.max'));
  const memory = memoryOf(read);
  return {
    version: 2,
    cpu: cpuOf(numbersOf(read('cpu', 'cpu.stat'))),
    ...(memory && { memory }),
    ...(pids !== undefined && { pids: { current: pids, ...(pidsLimit !== undefined && { limit: pidsLimit }) } }),
    block: { bytes: blockOf(read('io', 'io.stat')) },
  };
}

function cpuOf(stat: Record<string, number>): Usage['cpu'] {
  const { usage_usec = 0, user_usec = 0, system_usec = 0 } = stat;
  const { nr_periods = 0, nr_throttled = 0, throttled_usec = 0 } = stat;
  return {
    total: usage_usec * micro,
    user: user_usec * micro,
    kernel: system_usec * micro,
    throttling: { periods: nr_periods, throttled: nr_throttled, time: throttled_usec * micro },
  };
}

function memoryOf(read: ReadFile): Usage['memory'] {
  const usage = numberOf(read('memory', 'memory.current'));
  if (usage === undefined) return undefined;
  const { oom = 0 } = numbersOf(read('memory', 'memory.events'));
  const limit = numberOf(read('memory', 'memory.max')) ?? Number.POSITIVE_INFINITY;
  return { usage, limit, failures: oom, details: numbersOf(read('memory', 'memory.stat')) };
}

/** `8:0 rbytes=1 wbytes=2 …`, one device a line. */
function blockOf(text: string | undefined): BlockUsage[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const [, major, minor] = /^(\d+):(\d+) /.exec(line) ?? [];
    if (major === undefined) return [];
    const value = (key: string) => Number(new RegExp(` ${key}=(\\d+)`).exec(line)?.[1] ?? 0);
    const device = { major: Number(major), minor: Number(minor) };
    return [
      { ...device, op: 'read', value: value('rbytes') },
      { ...device, op: 'write', value: value('wbytes') },
    ];
  });
}
