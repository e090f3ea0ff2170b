import { array, bool, int64, list, map, string, stringMap, strings, struct, unsigned, words } from './schema.ts';

const weightDevice = struct('blkiodev.WeightDevice', { Path: string(), Weight: unsigned(16) });
const throttleDevice = struct('blkiodev.ThrottleDevice', { Path: string(), Rate: unsigned(64) });
const throttles = list(throttleDevice, '[]*blkiodev.ThrottleDevice');

/** The limits, which HostConfig and an update share. */
export const resources = {
  CpuShares: int64(),
  Memory: int64(),
  NanoCpus: int64(),
  CgroupParent: string(),
  BlkioWeight: unsigned(16),
  BlkioWeightDevice: list(weightDevice, '[]*blkiodev.WeightDevice'),
  BlkioDeviceReadBps: throttles,
  BlkioDeviceWriteBps: throttles,
  BlkioDeviceReadIOps: throttles,
  BlkioDeviceWriteIOps: throttles,
  CpuPeriod: int64(),
  CpuQuota: int64(),
  CpuRealtimePeriod: int64(),
  CpuRealtimeRuntime: int64(),
  CpusetCpus: string(),
  CpusetMems: string(),
  Devices: list(
    struct('container.DeviceMapping', { PathOnHost: string(), PathInContainer: string(), CgroupPermissions: string() }),
  ),
  DeviceCgroupRules: strings,
  DeviceRequests: list(
    struct('container.DeviceRequest', {
      Driver: string(),
      Count: int64('int'),
      DeviceIDs: strings,
      Capabilities: list(strings),
      Options: stringMap,
    }),
  ),
  KernelMemory: int64(),
  KernelMemoryTCP: int64(),
  MemoryReservation: int64(),
  MemorySwap: int64(),
  MemorySwappiness: int64(),
  OomKillDisable: bool,
  PidsLimit: int64(),
  Ulimits: list(struct('units.Ulimit', { Name: string(), Hard: int64(), Soft: int64() }), '[]*units.Ulimit'),
  CpuCount: int64(),
  CpuPercent: int64(),
  IOMaximumIOps: unsigned(64),
  IOMaximumBandwidth: unsigned(64),
};

export const restartPolicy = struct('container.RestartPolicy', {
  Name: string('container.RestartPolicyMode'),
  MaximumRetryCount: int64('int'),
});

/** One of HostConfig.Mounts. */
export const mount = struct('mount.Mount', {
  Type: string('mount.Type'),
  Source: string(),
  Target: string(),
  ReadOnly: bool,
  Consistency: string('mount.Consistency'),
  BindOptions: struct('mount.BindOptions', {
    Propagation: string('mount.Propagation'),
    NonRecursive: bool,
    CreateMountpoint: bool,
    ReadOnlyNonRecursive: bool,
    ReadOnlyForceRecursive: bool,
  }),
  VolumeOptions: struct('mount.VolumeOptions', {
    NoCopy: bool,
    Labels: stringMap,
    Subpath: string(),
    DriverConfig: struct('mount.Driver', { Name: string(), Options: stringMap }),
  }),
  ImageOptions: struct('mount.ImageOptions', { Subpath: string() }),
  TmpfsOptions: struct('mount.TmpfsOptions', {
    SizeBytes: int64(),
    Mode: unsigned(32, 'fs.FileMode'),
    Options: list(strings),
  }),
  ClusterOptions: struct('mount.ClusterOptions', {}),
  // The engine's own: whose files are seen as whose, and whose they become.
  IDMap: string(),
  Chown: string(),
});

const portBinding = struct('nat.PortBinding', { HostIp: string(), HostPort: string() });

/** HostConfig, as Docker's Go structs spell its types. */
export const hostConfig = struct('container.HostConfig', {
  ...resources,
  Binds: strings,
  ContainerIDFile: string(),
  LogConfig: struct('container.LogConfig', { Type: string(), Config: stringMap }),
  NetworkMode: string('container.NetworkMode'),
  PortBindings: map(list(portBinding), 'nat.PortMap'),
  RestartPolicy: restartPolicy,
  AutoRemove: bool,
  VolumeDriver: string(),
  VolumesFrom: strings,
  ConsoleSize: array(2, unsigned(64, 'uint')),
  Annotations: stringMap,
  CapAdd: words,
  CapDrop: words,
  CgroupnsMode: string('container.CgroupnsMode'),
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: string('container.IpcMode'),
  Cgroup: string('container.CgroupSpec'),
  Links: strings,
  OomScoreAdj: int64('int'),
  PidMode: string('container.PidMode'),
  Privileged: bool,
  PublishAllPorts: bool,
  ReadonlyRootfs: bool,
  SecurityOpt: strings,
  StorageOpt: stringMap,
  Tmpfs: stringMap,
  UTSMode: string('container.UTSMode'),
  UsernsMode: string('container.UsernsMode'),
  ShmSize: int64(),
  Sysctls: stringMap,
  Runtime: string(),
  Isolation: string('container.Isolation'),
  Mounts: list(mount),
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  Init: bool,
});

/** EndpointSettings of one network. */
export const endpoint = struct('network.EndpointSettings', {
  IPAMConfig: struct('network.EndpointIPAMConfig', {
    IPv4Address: string(),
    IPv6Address: string(),
    LinkLocalIPs: strings,
  }),
  Links: strings,
  Aliases: strings,
  MacAddress: string(),
  DriverOpts: stringMap,
  GwPriority: int64('int'),
  NetworkID: string(),
  EndpointID: string(),
  Gateway: string(),
  IPAddress: string(),
  IPPrefixLen: int64('int'),
  IPv6Gateway: string(),
  GlobalIPv6Address: string(),
  GlobalIPv6PrefixLen: int64('int'),
  DNSNames: strings,
});

/** NetworkingConfig: the endpoints by network name. */
export const networkingConfig = struct('network.NetworkingConfig', {
  EndpointsConfig: map(endpoint, 'map[string]*network.EndpointSettings'),
});
