import { existsSync, readFileSync } from 'node:fs';

/** Which limits the kernel offers, by the names `docker info` has for them. */
export interface Limits {
  version: '1' | '2';
  MemoryLimit: boolean;
  SwapLimit: boolean;
  CpuCfsPeriod: boolean;
  CpuCfsQuota: boolean;
  CPUShares: boolean;
  CPUSet: boolean;
  PidsLimit: boolean;
  OomKillDisable: boolean;
}

export function readLimits(root = '/sys/fs/cgroup'): Limits {
  const controllers = `${root}/cgroup.controllers`;
  return existsSync(controllers) ? unified(root, readFileSync(controllers, 'utf8')) : legacy(root);
}

function unified(root: string, text: string): Limits {
  const has = new Set(text.trim().split(/\s+/));
  const self = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] ?? '';
  return {
    version: '2',
    MemoryLimit: has.has('memory'),
    // The root group has no memory.swap.max; the engine's own has it where the kernel accounts swap.
    SwapLimit: has.has('memory') && (self === '/' || existsSync(`${root}${self}/memory.swap.max`)),
    CpuCfsPeriod: has.has('cpu'),
    CpuCfsQuota: has.has('cpu'),
    CPUShares: has.has('cpu'),
    CPUSet: has.has('cpuset'),
    PidsLimit: has.has('pids'),
    OomKillDisable: false,
  };
}

function legacy(root: string): Limits {
  const has = (file: string) => existsSync(`${root}/${file}`);
  return {
    version: '1',
    MemoryLimit: has('memory/memory.limit_in_bytes'),
    SwapLimit: has('memory/memory.memsw.limit_in_bytes'),
    CpuCfsPeriod: has('cpu/cpu.cfs_period_us'),
    CpuCfsQuota: has('cpu/cpu.cfs_quota_us'),
    CPUShares: has('cpu/cpu.shares'),
    CPUSet: has('cpuset/cpuset.cpus'),
    PidsLimit: has('pids/cgroup.procs'),
    OomKillDisable: has('memory/memory.oom_control'),
  };
}

/** What the kernel lacks, in the words of `docker info`. */
export function limitWarnings(limits: Limits): string[] {
  const lacks: [boolean, string][] = [
    [!limits.MemoryLimit, 'memory limit'],
    [!limits.SwapLimit, 'swap limit'],
    [!limits.OomKillDisable && limits.version === '1', 'oom kill disable'],
    [!limits.CpuCfsQuota, 'cpu cfs quota'],
    [!limits.CpuCfsPeriod, 'cpu cfs period'],
    [!limits.CPUShares, 'cpu shares'],
    [!limits.CPUSet, 'cpuset'],
  ];
  return lacks.filter(([missing]) => missing).map(([, what]) => `WARNING: No ${what} support`);
}

const throttles = [
  ['rbps', 'read_bps_device'],
  ['wbps', 'write_bps_device'],
  ['riops', 'read_iops_device'],
  ['wiops', 'write_iops_device'],
] as const;

/** What the kernel lacks for block devices, in the same words; of weights version 1 says nothing. */
export function blockWarnings(root = '/sys/fs/cgroup'): string[] {
  const controllers = `${root}/cgroup.controllers`;
  if (!existsSync(controllers)) {
    return throttles
      .filter(([, file]) => !existsSync(`${root}/blkio/blkio.throttle.${file}`))
      .map(([, file]) => `WARNING: No blkio throttle.${file} support`);
  }
  if (readFileSync(controllers, 'utf8').trim().split(/\s+/).includes('io')) return [];
  const lacks = ['io.weight', 'io.weight (per device)', ...throttles.map(([name]) => `io.max (${name})`)];
  return lacks.map((what) => `WARNING: No ${what} support`);
}
