import type { HostConfig, PortBinding } from '../../api/index.ts';
import { CliError } from '../command.ts';
import { type CreateLine, networksOf } from './line.ts';
import { parseDevices } from './resources/devices.ts';
import { parseTmpfs } from './resources/mounts.ts';
import { restartPolicy } from './restart.ts';
import { readSecurityOptions } from './security.ts';
import { toMap } from './values/env.ts';
import type { DeviceLimit } from './values/values.ts';

type Bindings = Record<string, PortBinding[]>;

/** The half of a create request that belongs to this host. */
export function hostConfigOf(line: CreateLine, bindings: Bindings, binds: string[]): HostConfig {
  const { flags } = line;
  const config = {
    Binds: binds.length > 0 ? binds : null,
    ContainerIDFile: flags.cidfile,
    AutoRemove: flags.rm,
    Privileged: flags.privileged,
    PortBindings: bindings,
    PublishAllPorts: flags['publish-all'],
    Links: flags.link.length > 0 ? flags.link : null,
    Dns: flags.dns,
    DnsSearch: flags['dns-search'],
    DnsOptions: [...flags['dns-opt'], ...flags['dns-option']],
    ExtraHosts: orNull(flags['add-host']),
    VolumesFrom: orNull(flags['volumes-from']),
    NetworkMode: networksOf(line)[0]?.target ?? 'default',
    IpcMode: mode(flags.ipc, 'ipc'),
    PidMode: mode(flags.pid, 'pid'),
    UTSMode: mode(flags.uts, 'uts'),
    UsernsMode: mode(flags.userns, 'userns'),
    CgroupnsMode: mode(flags.cgroupns, 'cgroupns'),
    ...capabilities(flags['cap-add'], flags['cap-drop']),
    GroupAdd: orNull(flags['group-add']),
    RestartPolicy: restartOf(line),
    ReadonlyRootfs: flags['read-only'],
    LogConfig: { Type: flags['log-driver'], Config: toMap(flags['log-opt']) },
    VolumeDriver: flags['volume-driver'],
    Isolation: flags.isolation,
    ShmSize: flags['shm-size'],
    OomScoreAdj: flags['oom-score-adj'],
    ...optional(line),
    ...readSecurityOptions(flags['security-opt']),
    ...resourcesOf(line),
  };
  if (config.LogConfig.Type === 'none' && flags['log-opt'].length > 0) {
    throw new Error('invalid logging opts for driver none');
  }
  return config as unknown as HostConfig;
}

/** Fields that the engine tells apart from a zero. */
function optional({ flags, given }: CreateLine): object {
  return {
    ...(given.has('init') ? { Init: flags.init } : {}),
    ...(flags.runtime ? { Runtime: flags.runtime } : {}),
    ...(Object.keys(flags.sysctl).length > 0 ? { Sysctls: flags.sysctl } : {}),
    ...(Object.keys(flags.annotation).length > 0 ? { Annotations: flags.annotation } : {}),
    ...(flags.tmpfs.length > 0 ? { Tmpfs: parseTmpfs(flags.tmpfs) } : {}),
    ...(flags.mount.length > 0 ? { Mounts: flags.mount } : {}),
    ...(flags['storage-opt'].length > 0 ? { StorageOpt: storageOptions(flags['storage-opt']) } : {}),
  };
}

function resourcesOf({ flags, given }: CreateLine): object {
  const swappiness = flags['memory-swappiness'];
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) {
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  }
  const devices = parseDevices(flags.device);
  return {
    BlkioWeight: flags['blkio-weight'],
    CgroupParent: flags['cgroup-parent'],
    CpuPeriod: flags['cpu-period'],
    CpuQuota: flags['cpu-quota'],
    CpuRealtimePeriod: flags['cpu-rt-period'],
    CpuRealtimeRuntime: flags['cpu-rt-runtime'],
    CpuShares: flags['cpu-shares'],
    NanoCpus: flags.cpus,
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    Memory: flags.memory,
    MemoryReservation: flags['memory-reservation'],
    MemorySwap: flags['memory-swap'],
    MemorySwappiness: swappiness,
    OomKillDisable: flags['oom-kill-disable'],
    ...(flags['kernel-memory'] ? { KernelMemory: flags['kernel-memory'] } : {}),
    ...(given.has('pids-limit') ? { PidsLimit: flags['pids-limit'] } : {}),
    Ulimits: [...flags.ulimit.values()].toSorted((a, b) => (a.Name < b.Name ? -1 : 1)),
    BlkioWeightDevice: flags['blkio-weight-device'].map(({ Path, value }) => ({ Path, Weight: value })),
    BlkioDeviceReadBps: flags['device-read-bps'].map(rateOf),
    BlkioDeviceReadIOps: flags['device-read-iops'].map(rateOf),
    BlkioDeviceWriteBps: flags['device-write-bps'].map(rateOf),
    BlkioDeviceWriteIOps: flags['device-write-iops'].map(rateOf),
    Devices: devices.mappings,
    DeviceRequests: orNull([...flags.gpus, ...cdiRequests(devices.cdi)]),
    DeviceCgroupRules: orNull(flags['device-cgroup-rule']),
  };
}

/** Names go once and in order. */
function capabilities(add: string[], drop: string[]): object {
  return { CapAdd: orNull(distinct(add)), CapDrop: orNull(distinct(drop)) };
}

function rateOf({ Path, value }: DeviceLimit): object {
  return { Path, Rate: value };
}

function distinct(names: string[]): string[] {
  return [...new Set(names)].toSorted();
}

type Kind = 'ipc' | 'pid' | 'uts' | 'userns' | 'cgroupns';
const modes: Record<Exclude<Kind, 'ipc'>, [accepts: RegExp, complaint: string]> = {
  pid: [/^(|host|container:.+)$/, '--pid: invalid PID mode'],
  uts: [/^(|host)$/, '--uts: invalid UTS mode'],
  userns: [/^(|host|auto(:size=\d+)?)$/, '--userns: invalid USER mode'],
  cgroupns: [/^(|host|private)$/, '--cgroupns: invalid CGROUP mode'],
};

/** What another's namespace may be called; the engine judges ipc. */
function mode(text: string, kind: Kind): string {
  if (kind === 'ipc') return text;
  const [accepts, complaint] = modes[kind];
  if (!accepts.test(text)) throw new Error(complaint);
  return text;
}

function restartOf({ flags }: CreateLine): object {
  const policy = restartPolicy(flags.restart);
  if (flags.rm && policy.Name !== 'no' && policy.Name !== '') {
    throw new CliError('conflicting options: cannot specify both --restart and --rm', 125, true);
  }
  return policy;
}

function cdiRequests(names: string[]): object[] {
  return names.length > 0 ? [{ Driver: 'cdi', DeviceIDs: names }] : [];
}

function storageOptions(options: string[]): Record<string, string> {
  if (!options.every((option) => option.includes('='))) throw new Error('invalid storage option');
  return toMap(options);
}

function orNull<T>(list: T[]): T[] | null {
  return list.length > 0 ? list : null;
}
