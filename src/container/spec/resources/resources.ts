import type { HostConfig } from '../../../api/index.ts';
import type { SpecDeviceRule, SpecResources } from '../../../oci/index.ts';
import { blockIo } from './block-io.ts';

/** Microseconds; what `--cpus` is a share of. */
const period = 100_000;

/** The limits of the container's cgroup; numbers have been validated. */
export function containerResources(hostConfig: HostConfig, devices: SpecDeviceRule[]): SpecResources {
  const resources: SpecResources = { devices };
  const memory = memoryResources(hostConfig);
  if (Object.keys(memory).length > 0) resources.memory = memory;
  const cpu = cpuResources(hostConfig);
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;
  if (hostConfig.PidsLimit && hostConfig.PidsLimit > 0) resources.pids = { limit: hostConfig.PidsLimit };
  const block = blockIo(hostConfig);
  if (Object.keys(block).length > 0) resources.blockIO = block;
  return resources;
}

function memoryResources(hostConfig: HostConfig): NonNullable<SpecResources['memory']> {
  const { Memory, MemoryReservation, MemorySwap, MemorySwappiness, OomKillDisable, KernelMemoryTCP } = hostConfig;
  return {
    ...(Memory && Memory > 0 ? { limit: Memory } : {}),
    ...(MemoryReservation && MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(MemorySwap && MemorySwap > 0 ? { swap: MemorySwap } : {}),
    ...(MemorySwappiness !== undefined && MemorySwappiness !== null && MemorySwappiness !== -1
      ? { swappiness: MemorySwappiness }
      : {}),
    ...(KernelMemoryTCP ? { kernelTCP: KernelMemoryTCP } : {}),
    ...(OomKillDisable ? { disableOOMKiller: OomKillDisable } : {}),
  };
}

function cpuResources(hostConfig: HostConfig): NonNullable<SpecResources['cpu']> {
  const { CpuShares, CpusetCpus, CpusetMems, NanoCpus, CpuPeriod, CpuQuota, CpuRealtimePeriod, CpuRealtimeRuntime } =
    hostConfig;
  return {
    ...(CpuShares ? { shares: CpuShares } : {}),
    ...(CpusetCpus ? { cpus: CpusetCpus } : {}),
    ...(CpusetMems ? { mems: CpusetMems } : {}),
    ...(NanoCpus ? { period, quota: Math.floor((NanoCpus * period) / 1e9) } : {}),
    ...(CpuPeriod ? { period: CpuPeriod } : {}),
    ...(CpuQuota ? { quota: CpuQuota } : {}),
    ...(CpuRealtimePeriod ? { realtimePeriod: CpuRealtimePeriod } : {}),
    ...(CpuRealtimeRuntime ? { realtimeRuntime: CpuRealtimeRuntime } : {}),
  };
}

/** The same for a container that runs: what became unlimited is said, since the old limit would stay. */
export function updatedResources(hostConfig: HostConfig): SpecResources {
  const { memory, pids, ...others } = containerResources(hostConfig, []);
  const { swappiness: _, disableOOMKiller: __, ...limits } = memory ?? {};
  if (hostConfig.MemorySwap === -1) limits.swap = -1;
  const resources: SpecResources = { ...others };
  if (Object.keys(limits).length > 0) resources.memory = limits;
  if (typeof hostConfig.PidsLimit === 'number') resources.pids = pids ?? { limit: -1 };
  return resources;
}
