import type { HostConfig } from '../../api/index.ts';
import type { EngineDefaults, HostFacts } from './facts.ts';
import { defaultMaskedPaths, defaultReadonlyPaths } from './process/security.ts';

const defaultShmSize = 64 << 20;

/**
 * The host configuration with the engine's defaults where the user said nothing, with every field that `inspect` shows.
 * Call it before `validate`.
 */
export function adaptHostConfig(user: HostConfig | undefined, facts: HostFacts): HostConfig {
  const adapted: HostConfig = { ...unset(facts), CgroupnsMode: cgroupnsMode(user, facts), ...given(user) };
  if (adapted.Memory && adapted.Memory > 0 && !adapted.MemorySwap) adapted.MemorySwap = adapted.Memory * 2;
  adapted.ShmSize ||= facts.defaults?.shmSize ?? defaultShmSize;
  if (adapted.NetworkMode === 'default') adapted.NetworkMode = 'bridge';
  const { Name, MaximumRetryCount } = adapted.RestartPolicy ?? {};
  adapted.RestartPolicy = { Name: Name || 'no', MaximumRetryCount: MaximumRetryCount ?? 0 };
  adapted.LogConfig = logConfigOf(adapted.LogConfig, facts.defaults);
  adapted.DeviceRequests &&= adapted.DeviceRequests.map((request) => ({ ...noRequest, ...request }));
  if (needsLabelDisabled(adapted)) adapted.SecurityOpt = [...(adapted.SecurityOpt ?? []), 'label=disable'];
  if (!adapted.Privileged) {
    adapted.MaskedPaths ??= defaultMaskedPaths(facts);
    adapted.ReadonlyPaths ??= defaultReadonlyPaths();
  }
  return adapted;
}

/** Of version 1 a privileged container has the host's, whatever the engine's default is: it manages cgroups, as an engine does. */
function cgroupnsMode(user: HostConfig | undefined, { cgroupVersion, defaults }: HostFacts): 'private' | 'host' {
  if (cgroupVersion === 1 && user?.Privileged) return 'host';
  return defaults?.cgroupnsMode ?? (cgroupVersion === 2 ? 'private' : 'host');
}

/** Options of the engine's own log driver hold for every container that has it, but for those it sets itself. */
function logConfigOf(asked: HostConfig['LogConfig'], { logDriver = 'json-file', logOptions }: EngineDefaults = {}) {
  const Type = asked?.Type || logDriver;
  const Config = { ...(Type === logDriver ? logOptions : cacheOptions(logOptions)), ...asked?.Config };
  return { Type, Config } as NonNullable<HostConfig['LogConfig']>;
}

/** What is kept for `logs` beside what is passed on is asked for whatever the driver. */
const cacheOptions = (options: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => name.startsWith('cache-')));

const noRequest = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: null, Options: null } as object;

function needsLabelDisabled({ Privileged, IpcMode, PidMode, SecurityOpt }: HostConfig): boolean {
  if (SecurityOpt?.some((option) => option.startsWith('label='))) return false;
  return Privileged === true || IpcMode === 'host' || PidMode === 'host';
}

/** Clients leave a field out, or send null or an empty text, or -1 for these two, to say nothing. */
function says([name, value]: [string, unknown]): boolean {
  if (name === 'MemorySwappiness') return value !== -1 && value !== null;
  if (name === 'PidsLimit') return Number(value) > 0;
  // What Docker has given up is gone, and so is an option that sets none.
  if (name === 'KernelMemory') return false;
  if (name === 'StorageOpt') return Object.keys(value ?? {}).length > 0;
  return value !== null && value !== undefined && value !== '';
}

function given(user: HostConfig | undefined): HostConfig {
  return Object.fromEntries(Object.entries(user ?? {}).filter(says));
}

const texts =
  'ContainerIDFile VolumeDriver Cgroup PidMode UTSMode UsernsMode Isolation CgroupParent CpusetCpus CpusetMems';
const numbers =
  'OomScoreAdj CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime ' +
  'MemoryReservation MemorySwap CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth ShmSize';
const flags = 'AutoRemove Privileged PublishAllPorts ReadonlyRootfs OomKillDisable';
const nulls =
  'Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt BlkioWeightDevice ' +
  'BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps Devices DeviceCgroupRules ' +
  'DeviceRequests MemorySwappiness PidsLimit Ulimits MaskedPaths ReadonlyPaths PortBindings';

const all = (names: string, value: unknown): Record<string, unknown> =>
  Object.fromEntries(names.split(' ').map((name) => [name, value]));

/** Every field as it is when nobody sets it; null is Docker's way to show that, which its published types leave out. */
function unset(facts: HostFacts): HostConfig {
  return {
    ...all(texts, ''),
    ...all(numbers, 0),
    ...all(flags, false),
    ...all(nulls, null),
    ConsoleSize: [0, 0],
    Runtime: facts.runtimes.initial,
    IpcMode: facts.defaults?.ipcMode ?? 'private',
    NetworkMode: 'bridge',
  } as HostConfig;
}
