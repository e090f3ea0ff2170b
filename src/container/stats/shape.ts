import type { BlockUsage, Usage } from '../../runtime/index.ts';
import type { StatsSample } from '../contract.ts';
import { never } from '../row.ts';
import type { InterfaceUsage } from './interfaces.ts';
import type { Machine } from './machine.ts';
import { memoryKeysV1, memoryKeysV2 } from './memory-keys.ts';

/** One look at a container that runs. */
export interface Look {
  /** RFC 3339. */
  at: string;
  usage: Usage;
  machine: Machine;
  /** None where it has no network of its own. */
  interfaces: Record<string, InterfaceUsage>;
}

type CpuStats = NonNullable<StatsSample['cpu_stats']>;

const idleCpu: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/** What Docker says of a container that does not run. */
export function emptySample(who: { name: string; id: string }): StatsSample {
  return {
    ...who,
    read: never,
    preread: never,
    pids_stats: {},
    blkio_stats: blockStats(null, null, null),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: idleCpu,
    precpu_stats: idleCpu,
    memory_stats: {},
  };
}

/** A look in Docker's shape beside the one before it, if there was one. */
export function shapeSample(who: { name?: string; id?: string }, look: Look, before?: Look): StatsSample {
  const { usage, machine, interfaces } = look;
  return {
    ...who,
    read: look.at,
    preread: before?.at ?? never,
    pids_stats: pidsOf(usage),
    blkio_stats: blockOf(usage),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuOf(look),
    precpu_stats: before ? cpuOf(before) : idleCpu,
    memory_stats: memoryOf(usage, machine),
    ...(Object.keys(interfaces).length > 0 && { networks: interfaces }),
  };
}

function cpuOf({ usage: { cpu }, machine }: Look): CpuStats {
  const { periods, throttled, time } = cpu.throttling;
  return {
    cpu_usage: {
      total_usage: cpu.total,
      ...(cpu.perCpu && { percpu_usage: cpu.perCpu }),
      usage_in_kernelmode: cpu.kernel,
      usage_in_usermode: cpu.user,
    },
    system_cpu_usage: machine.cpuTime,
    online_cpus: machine.cpus,
    throttling_data: { periods, throttled_periods: throttled, throttled_time: time },
  };
}

function memoryOf({ memory, version }: Usage, machine: Machine): NonNullable<StatsSample['memory_stats']> {
  if (!memory) return {};
  const { usage, most, failures, details } = memory;
  const keys = version === 1 ? memoryKeysV1 : memoryKeysV2;
  return {
    usage,
    ...(most && { max_usage: most }),
    stats: Object.fromEntries(keys.map((key) => [key, details[key] ?? 0])),
    ...(failures > 0 && { failcnt: failures }),
    limit: Math.min(memory.limit, machine.memory),
  };
}

// Version 2 says `max` where there is no limit, which Docker has as the largest of 64 bits: more than a number here can hold.
const noLimit = () => (JSON as unknown as { rawJSON(text: string): number }).rawJSON(String(2n ** 64n - 1n));

function pidsOf({ pids, version }: Usage): NonNullable<StatsSample['pids_stats']> {
  if (version === 1 || !pids) return pids ?? {};
  return { current: pids.current, limit: pids.limit ?? noLimit() };
}

/** Version 2 tells bytes alone, and Docker leaves the rest null there. */
function blockOf({ version, block }: Usage): NonNullable<StatsSample['blkio_stats']> {
  if (version === 2) return blockStats(block.bytes.length > 0 ? block.bytes : null, null, null);
  return blockStats(block.bytes, block.operations ?? [], []);
}

function blockStats(bytes: BlockUsage[] | null, operations: BlockUsage[] | null, others: BlockUsage[] | null) {
  return {
    io_service_bytes_recursive: bytes as BlockUsage[],
    io_serviced_recursive: operations,
    io_queue_recursive: others,
    io_service_time_recursive: others,
    io_wait_time_recursive: others,
    io_merged_recursive: others,
    io_time_recursive: others,
    sectors_recursive: others,
  };
}
