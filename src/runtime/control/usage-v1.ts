import type { Cgroups } from '../../host/index.ts';
import type { BlockUsage, Usage } from '../contract.ts';
import { fileReader, numberOf, numbersOf, type ReadFile } from './numbers.ts';

/** Nanoseconds of a tick; the kernel tells user programs of 100 a second, on every architecture. */
const tick = 10_000_000;

export function usageV1(cgroups: Cgroups, cgroup: string): Usage {
  const read = fileReader(cgroups, cgroup);
  const pids = numberOf(read('pids', 'pids.current'));
  const pidsLimit = numberOf(read('pids', 'pids.max'));
  const memory = memoryOf(read);
  return {
    version: 1,
    cpu: cpuOf(read),
    ...(memory && { memory }),
    ...(pids !== undefined && { pids: { current: pids, ...(pidsLimit !== undefined && { limit: pidsLimit }) } }),
    block: { bytes: blockOf(read, 'io_service_bytes_recursive'), operations: blockOf(read, 'io_serviced_recursive') },
  };
}

function cpuOf(read: ReadFile): Usage['cpu'] {
  const { user = 0, system = 0 } = numbersOf(read('cpuacct', 'cpuacct.stat'));
  const perCpu = (read('cpuacct', 'cpuacct.usage_percpu') ?? '').split(' ').filter((word) => word.trim() !== '');
  const { nr_periods = 0, nr_throttled = 0, throttled_time = 0 } = numbersOf(read('cpu', 'cpu.stat'));
  return {
    total: numberOf(read('cpuacct', 'cpuacct.usage')) ?? 0,
    user: user * tick,
    kernel: system * tick,
    perCpu: perCpu.map(Number),
    throttling: { periods: nr_periods, throttled: nr_throttled, time: throttled_time },
  };
}

function memoryOf(read: ReadFile): Usage['memory'] {
  const usage = numberOf(read('memory', 'memory.usage_in_bytes'));
  if (usage === undefined) return undefined;
  return {
    usage,
    most: numberOf(read('memory', 'memory.max_usage_in_bytes')) ?? 0,
    limit: numberOf(read('memory', 'memory.limit_in_bytes')) ?? 0,
    failures: numberOf(read('memory', 'memory.failcnt')) ?? 0,
    details: numbersOf(read('memory', 'memory.stat')),
  };
}

// The BFQ scheduler counts for itself; otherwise the throttling layer has seen all there was.
function blockOf(read: ReadFile, file: string): BlockUsage[] {
  const scheduled = entriesOf(read('blkio', `blkio.bfq.${file}`));
  return scheduled.length > 0 ? scheduled : entriesOf(read('blkio', `blkio.throttle.${file}`));
}

function entriesOf(text: string | undefined): BlockUsage[] {
  return [...(text ?? '').matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(([, major, minor, op = '', value]) => ({
    major: Number(major),
    minor: Number(minor),
    op: op.toLowerCase(),
    value: Number(value),
  }));
}
