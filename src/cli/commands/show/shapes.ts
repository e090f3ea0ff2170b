import type { Shape } from '../../template/index.ts';
import type { Kind } from './kind.ts';

const strings: Shape = { list: 'string' };
const stringMap: Shape = { map: 'string' };
const set: Shape = { map: { struct: 'struct {}', fields: {} } };

function struct(name: string, fields: Record<string, Shape>, alias?: Record<string, string>): Shape {
  return { struct: name, fields, ...(alias ? { alias } : {}) };
}

const ports: Shape = {
  map: { list: struct('nat.PortBinding', { HostIP: 'string', HostPort: 'string' }, { HostIP: 'HostIp' }) },
};

const health = struct('container.HealthConfig', {
  Test: strings,
  Interval: 'duration',
  Timeout: 'duration',
  StartPeriod: 'duration',
  StartInterval: 'duration',
  Retries: 'int',
});

const config = struct('container.Config', {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  AttachStdin: 'bool',
  AttachStdout: 'bool',
  AttachStderr: 'bool',
  ExposedPorts: set,
  Tty: 'bool',
  OpenStdin: 'bool',
  StdinOnce: 'bool',
  Env: strings,
  Cmd: strings,
  Healthcheck: { pointer: health },
  ArgsEscaped: 'bool',
  Image: 'string',
  Volumes: set,
  WorkingDir: 'string',
  Entrypoint: strings,
  NetworkDisabled: 'bool',
  MacAddress: 'string',
  OnBuild: strings,
  Labels: stringMap,
  StopSignal: 'string',
  StopTimeout: { pointer: 'int' },
  Shell: strings,
});

const endpoint = struct('network.EndpointSettings', {
  IPAMConfig: {
    pointer: struct('network.EndpointIPAMConfig', {
      IPv4Address: 'string',
      IPv6Address: 'string',
      LinkLocalIPs: strings,
    }),
  },
  Links: strings,
  Aliases: strings,
  MacAddress: 'string',
  DriverOpts: stringMap,
  GwPriority: 'int',
  NetworkID: 'string',
  EndpointID: 'string',
  Gateway: 'string',
  IPAddress: 'string',
  IPPrefixLen: 'int',
  IPv6Gateway: 'string',
  GlobalIPv6Address: 'string',
  GlobalIPv6PrefixLen: 'int',
  DNSNames: strings,
});

const devices: Shape = { list: struct('blkiodev.WeightDevice', { Path: 'string', Weight: 'int' }) };
const rates: Shape = { list: struct('blkiodev.ThrottleDevice', { Path: 'string', Rate: 'int' }) };

const hostConfig = struct(
  'container.HostConfig',
  {
    Binds: strings,
    ContainerIDFile: 'string',
    LogConfig: struct('container.LogConfig', { Type: 'string', Config: stringMap }),
    NetworkMode: 'string',
    PortBindings: ports,
    RestartPolicy: struct('container.RestartPolicy', { Name: 'string', MaximumRetryCount: 'int' }),
    AutoRemove: 'bool',
    VolumeDriver: 'string',
    VolumesFrom: strings,
    ConsoleSize: { list: 'int' },
    Annotations: stringMap,
    CapAdd: strings,
    CapDrop: strings,
    CgroupnsMode: 'string',
    DNS: strings,
    DNSOptions: strings,
    DNSSearch: strings,
    ExtraHosts: strings,
    GroupAdd: strings,
    IpcMode: 'string',
    Cgroup: 'string',
    Links: strings,
    OomScoreAdj: 'int',
    PidMode: 'string',
    Privileged: 'bool',
    PublishAllPorts: 'bool',
    ReadonlyRootfs: 'bool',
    SecurityOpt: strings,
    StorageOpt: stringMap,
    Tmpfs: stringMap,
    UTSMode: 'string',
    UsernsMode: 'string',
    ShmSize: 'int',
    Sysctls: stringMap,
    Runtime: 'string',
    Isolation: 'string',
    CPUShares: 'int',
    Memory: 'int',
    NanoCPUs: 'int',
    CgroupParent: 'string',
    BlkioWeight: 'int',
    BlkioWeightDevice: devices,
    BlkioDeviceReadBps: rates,
    BlkioDeviceWriteBps: rates,
    BlkioDeviceReadIOps: rates,
    BlkioDeviceWriteIOps: rates,
    CPUPeriod: 'int',
    CPUQuota: 'int',
    CPURealtimePeriod: 'int',
    CPURealtimeRuntime: 'int',
    CpusetCpus: 'string',
    CpusetMems: 'string',
    Devices: {
      list: struct('container.DeviceMapping', {
        PathOnHost: 'string',
        PathInContainer: 'string',
        CgroupPermissions: 'string',
      }),
    },
    DeviceCgroupRules: strings,
    DeviceRequests: {
      list: struct('container.DeviceRequest', {
        Driver: 'string',
        Count: 'int',
        DeviceIDs: strings,
        Capabilities: { list: strings },
        Options: stringMap,
      }),
    },
    MemoryReservation: 'int',
    MemorySwap: 'int',
    MemorySwappiness: { pointer: 'int' },
    OomKillDisable: { pointer: 'bool' },
    PidsLimit: { pointer: 'int' },
    Ulimits: { list: struct('container.Ulimit', { Name: 'string', Hard: 'int', Soft: 'int' }) },
    Mounts: { list: 'any' },
    MaskedPaths: strings,
    ReadonlyPaths: strings,
    Init: { pointer: 'bool' },
  },
  {
    DNS: 'Dns',
    DNSOptions: 'DnsOptions',
    DNSSearch: 'DnsSearch',
    CPUShares: 'CpuShares',
    NanoCPUs: 'NanoCpus',
    CPUPeriod: 'CpuPeriod',
    CPUQuota: 'CpuQuota',
    CPURealtimePeriod: 'CpuRealtimePeriod',
    CPURealtimeRuntime: 'CpuRealtimeRuntime',
  },
);

const state = struct('container.State', {
  Status: 'string',
  Running: 'bool',
  Paused: 'bool',
  Restarting: 'bool',
  OOMKilled: 'bool',
  Dead: 'bool',
  Pid: 'int',
  ExitCode: 'int',
  Error: 'string',
  StartedAt: 'string',
  FinishedAt: 'string',
  Health: {
    pointer: struct('container.Health', {
      Status: 'string',
      FailingStreak: 'int',
      Log: {
        list: struct('container.HealthcheckResult', { Start: 'time', End: 'time', ExitCode: 'int', Output: 'string' }),
      },
    }),
  },
});

const mounts: Shape = {
  list: struct('container.MountPoint', {
    Type: 'string',
    Name: 'string',
    Source: 'string',
    Destination: 'string',
    Driver: 'string',
    Mode: 'string',
    RW: 'bool',
    Propagation: 'string',
  }),
};

const graphDriver = struct('storage.DriverData', { Data: stringMap, Name: 'string' });

const container = struct(
  'container.InspectResponse',
  {
    ID: 'string',
    Created: 'string',
    Path: 'string',
    Args: strings,
    State: state,
    Image: 'string',
    ResolvConfPath: 'string',
    HostnamePath: 'string',
    HostsPath: 'string',
    LogPath: 'string',
    Name: 'string',
    RestartCount: 'int',
    Driver: 'string',
    Platform: 'string',
    MountLabel: 'string',
    ProcessLabel: 'string',
    AppArmorProfile: 'string',
    ExecIDs: strings,
    HostConfig: hostConfig,
    GraphDriver: graphDriver,
    SizeRw: { pointer: 'int' },
    SizeRootFs: { pointer: 'int' },
    Mounts: mounts,
    Config: config,
    NetworkSettings: struct('container.NetworkSettings', {
      Bridge: 'string',
      SandboxID: 'string',
      SandboxKey: 'string',
      Ports: ports,
      HairpinMode: 'bool',
      LinkLocalIPv6Address: 'string',
      LinkLocalIPv6PrefixLen: 'int',
      SecondaryIPAddresses: { list: 'any' },
      SecondaryIPv6Addresses: { list: 'any' },
      EndpointID: 'string',
      Gateway: 'string',
      GlobalIPv6Address: 'string',
      GlobalIPv6PrefixLen: 'int',
      IPAddress: 'string',
      IPPrefixLen: 'int',
      IPv6Gateway: 'string',
      MacAddress: 'string',
      Networks: { map: endpoint },
    }),
  },
  { ID: 'Id' },
);

const image = struct(
  'image.InspectResponse',
  {
    ID: 'string',
    RepoTags: strings,
    RepoDigests: strings,
    Parent: 'string',
    Comment: 'string',
    Created: 'string',
    DockerVersion: 'string',
    Author: 'string',
    Config: struct('v1.DockerOCIImageConfig', {
      User: 'string',
      ExposedPorts: set,
      Env: strings,
      Entrypoint: strings,
      Cmd: strings,
      Volumes: set,
      WorkingDir: 'string',
      Labels: stringMap,
      StopSignal: 'string',
      ArgsEscaped: 'bool',
      Healthcheck: { pointer: health },
      OnBuild: strings,
      Shell: strings,
    }),
    Architecture: 'string',
    Variant: 'string',
    Os: 'string',
    OsVersion: 'string',
    Size: 'int',
    VirtualSize: 'int',
    GraphDriver: graphDriver,
    RootFS: struct('image.RootFS', { Type: 'string', Layers: strings }),
    Metadata: struct('image.Metadata', { LastTagTime: 'time' }),
  },
  { ID: 'Id' },
);

const network = struct(
  'network.Inspect',
  {
    Name: 'string',
    ID: 'string',
    Created: 'time',
    Scope: 'string',
    Driver: 'string',
    EnableIPv4: 'bool',
    EnableIPv6: 'bool',
    IPAM: struct('network.IPAM', {
      Driver: 'string',
      Options: stringMap,
      Config: {
        list: struct(
          'network.IPAMConfig',
          { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxAddress: stringMap },
          { AuxAddress: 'AuxiliaryAddresses' },
        ),
      },
    }),
    Internal: 'bool',
    Attachable: 'bool',
    Ingress: 'bool',
    ConfigFrom: struct('network.ConfigReference', { Network: 'string' }),
    ConfigOnly: 'bool',
    Containers: {
      map: struct('network.EndpointResource', {
        Name: 'string',
        EndpointID: 'string',
        MacAddress: 'string',
        IPv4Address: 'string',
        IPv6Address: 'string',
      }),
    },
    Options: stringMap,
    Labels: stringMap,
  },
  { ID: 'Id' },
);

const volume = struct('volume.Volume', {
  ClusterVolume: { pointer: 'any' },
  CreatedAt: 'string',
  Driver: 'string',
  Labels: stringMap,
  Mountpoint: 'string',
  Name: 'string',
  Options: stringMap,
  Scope: 'string',
  Status: { map: 'any' },
  UsageData: { pointer: struct('volume.UsageData', { RefCount: 'int', Size: 'int' }) },
});

/** What the JSON of each kind is in Go. */
export const shapes: Partial<Record<Kind, Shape>> = { container, image, network, volume };
