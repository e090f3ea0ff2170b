import type { HostConfig } from '../../../api/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { type HostFacts, parseList } from '../facts.ts';
import { noKernel } from '../no-kernel.ts';
import { checkBlockIo, discardThrottles } from './validate-block-io.ts';

const refuse = (message: string): EngineError => new EngineError('invalid', message);

/**
 * Checks the limits, in Docker's words. What this kernel cannot limit is taken out of `hostConfig`, each with a warning, as
 * Docker does; returns the warnings.
 */
export function validateResources(hostConfig: HostConfig, facts: HostFacts): string[] {
  refuseForeign(hostConfig);
  checkSwapAlone(hostConfig);
  const warnings = checkLimits(hostConfig, facts);
  checkRealtime(hostConfig, facts);
  return [...warnings, ...discardPercent(hostConfig), ...discardThrottles(hostConfig, facts)];
}

/**
 * The same for an update, which names only what is to change: memory and swap may come one after the other. What an update does
 * not change (devices, ulimits, …) is not looked at.
 */
export function validateUpdate(hostConfig: HostConfig & { KernelMemory?: number }, facts: HostFacts): string[] {
  const { KernelMemory = 0 } = hostConfig;
  if (KernelMemory > 0 && KernelMemory < minimumMemory) throw refuse('Minimum kernel memory limit allowed is 6MB');
  return checkLimits(hostConfig, facts);
}

function checkLimits(hostConfig: HostConfig, facts: HostFacts): string[] {
  const warnings = [
    ...checkMemory(hostConfig, facts),
    ...checkPids(hostConfig, facts),
    ...discardCpu(hostConfig, facts),
  ];
  checkCpu(hostConfig, facts);
  checkCpusets(hostConfig, facts);
  return [...warnings, ...checkBlockIo(hostConfig, facts)];
}

const minimumMemory = 6 << 20;

function checkMemory(config: HostConfig, facts: HostFacts): string[] {
  const { Memory = 0, MemoryReservation = 0, MemorySwappiness: swappiness } = config;
  if (Memory !== 0 && Memory < minimumMemory) throw refuse('Minimum memory limit allowed is 6MB');
  const warnings = checkMemorySupport(config, facts);
  checkSwap(config);
  if (typeof swappiness === 'number') warnings.push(...checkSwappiness(config, swappiness, facts));
  if (MemoryReservation > 0 && MemoryReservation < minimumMemory) {
    throw refuse('Minimum memory reservation allowed is 6MB');
  }
  if (Memory > 0 && Memory < MemoryReservation) {
    throw refuse('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
  return [...warnings, ...checkOomKiller(config, facts)];
}

function checkMemorySupport(config: HostConfig, facts: HostFacts): string[] {
  const { Memory = 0 } = config;
  const warnings: string[] = [];
  if (Memory > 0 && !facts.controllers.includes('memory')) {
    warnings.push(noKernel('memory limit capabilities', 'Limitation discarded.'));
    Object.assign(config, { Memory: 0, MemorySwap: -1 });
  } else if (Memory > 0 && config.MemorySwap !== -1 && !facts.swapLimit) {
    warnings.push(noKernel('swap limit capabilities', 'Memory limited without swap.'));
    config.MemorySwap = -1;
  }
  return warnings;
}

function checkSwap({ Memory = 0, MemorySwap = 0 }: HostConfig): void {
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) {
    throw refuse('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
}

function checkSwapAlone({ Memory = 0, MemorySwap = 0 }: HostConfig): void {
  if (Memory === 0 && MemorySwap > 0) {
    throw refuse('You should always set the Memory limit when using Memoryswap limit, see usage');
  }
}

function checkSwappiness(config: HostConfig, swappiness: number, facts: HostFacts): string[] {
  if (facts.cgroupVersion === 2) {
    delete config.MemorySwappiness;
    return [noKernel('memory swappiness capabilities', 'Memory swappiness discarded.')];
  }
  if (swappiness < 0 || swappiness > 100) {
    throw refuse(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  return [];
}

function checkOomKiller(config: HostConfig, facts: HostFacts): string[] {
  if (!config.OomKillDisable) return [];
  if (facts.cgroupVersion === 2) {
    config.OomKillDisable = false;
    return ['Your kernel does not support OomKillDisable. OomKillDisable discarded.'];
  }
  if (config.Memory) return [];
  return [
    'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
  ];
}

function checkPids(config: HostConfig, facts: HostFacts): string[] {
  if (!config.PidsLimit || config.PidsLimit < 0 || facts.controllers.includes('pids')) return [];
  config.PidsLimit = 0;
  return [noKernel('PIDs limit capabilities', 'PIDs limit discarded.')];
}

/** Takes out what this kernel has no controller for. */
function discardCpu(config: HostConfig, facts: HostFacts): string[] {
  const scheduler = facts.controllers.includes('cpu');
  if (!scheduler && config.NanoCpus) {
    const why = 'your kernel does not support CPU CFS scheduler or the cgroup is not mounted';
    throw refuse(`NanoCPUs can not be set, as ${why}`);
  }
  const discard = (what: string, then: string, ...fields: (keyof HostConfig)[]): string[] => {
    const used = fields.filter((field) => config[field]);
    for (const field of used) Object.assign(config, { [field]: typeof config[field] === 'string' ? '' : 0 });
    return used.length > 0 ? [noKernel(what, then)] : [];
  };
  const warnings: string[] = [];
  if (!scheduler) {
    warnings.push(
      ...discard('CPU shares', 'Shares discarded.', 'CpuShares'),
      ...discard('CPU CFS scheduler', 'Period discarded.', 'CpuPeriod'),
      ...discard('CPU CFS scheduler', 'Quota discarded.', 'CpuQuota'),
    );
  }
  if (!facts.controllers.includes('cpuset')) {
    warnings.push(...discard('cpuset', 'CPUset discarded.', 'CpusetCpus', 'CpusetMems'));
  }
  return warnings;
}

function checkCpu(config: HostConfig, facts: HostFacts): void {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpuShares = 0 } = config;
  if (NanoCpus !== 0) {
    if (CpuPeriod > 0) throw refuse('Conflicting options: Nano CPUs and CPU Period cannot both be set');
    if (CpuQuota > 0) throw refuse('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
    const count = parseList(facts.cpus).length;
    if (NanoCpus < 0 || NanoCpus > count * 1e9) {
      const most = count.toFixed(2);
      throw refuse(`range of CPUs is from 0.01 to ${most}, as there are only ${count} CPUs available`);
    }
  }
  if (CpuShares < 0) throw refuse(`invalid CPU shares (${CpuShares}): value must be a positive integer`);
  // There the kernel would silently bend these to its own bounds; of version 2 they are weights within bounds of its own.
  if (facts.cgroupVersion === 1) {
    if (CpuShares === 1) throw refuse('the minimum allowed cpu-shares is 2');
    if (CpuShares > 262144) throw refuse('the maximum allowed cpu-shares is 262144');
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw refuse('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (CpuQuota > 0 && CpuQuota < 1000) throw refuse('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

function checkCpusets(config: HostConfig, facts: HostFacts): void {
  checkList(config.CpusetCpus ?? '', facts.cpus, ['CPUs', 'cpuset cpus']);
  checkList(config.CpusetMems ?? '', facts.memoryNodes, ['memory nodes', 'cpuset mems']);
}

function checkList(list: string, available: string, [what, option]: [string, string]): void {
  let wanted: number[];
  try {
    wanted = parseList(list);
  } catch (error) {
    throw refuse(`Invalid value ${list} for ${option}: ${messageOf(error)}`);
  }
  const have = parseList(available);
  if (wanted.some((number) => !have.includes(number))) {
    throw refuse(`Requested ${what} are not available - requested ${list}, available: ${available}`);
  }
}

function checkRealtime({ CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0 }: HostConfig, facts: HostFacts): void {
  if (CpuRealtimePeriod === 0 && CpuRealtimeRuntime === 0) return;
  if (!facts.realtime) throw refuse('kernel does not support CPU real-time scheduler');
  if (CpuRealtimePeriod !== 0 && CpuRealtimeRuntime > CpuRealtimePeriod) {
    throw refuse('cpu real-time runtime cannot be higher than cpu real-time period');
  }
}

const foreign = (what: string): EngineError =>
  refuse(`invalid option: QoS maximum ${what} configuration is not supported on linux`);

/** Limits of other systems' containers. */
function refuseForeign({ IOMaximumIOps, IOMaximumBandwidth }: HostConfig): void {
  if (IOMaximumBandwidth) throw foreign('bandwidth');
  if (IOMaximumIOps) throw foreign('IOPs');
}

function discardPercent(config: HostConfig): string[] {
  if (!config.CpuPercent || config.CpuPercent < 0) return [];
  config.CpuPercent = 0;
  return ['linux does not support CPU percent. Percent discarded.'];
}
