import type { Shape } from '../../template/index.ts';

const strings: Shape = { list: 'string' };
const commit: Shape = { struct: 'system.Commit', fields: { ID: 'string', Expected: 'string' } };

const client: Record<string, Shape> = {
  Platform: { pointer: { struct: 'system.platformInfo', fields: { Name: 'string' } } },
  Version: 'string',
  APIVersion: 'string',
  DefaultAPIVersion: 'string',
  GitCommit: 'string',
  GoVersion: 'string',
  Os: 'string',
  Arch: 'string',
  BuildTime: 'string',
  Context: 'string',
};
const clientAlias = { APIVersion: 'ApiVersion' };

/** What `version` shows, as Go has it. */
export const versionShape: Shape = {
  struct: 'system.versionInfo',
  fields: {
    Client: { struct: 'system.clientVersion', fields: client, alias: clientAlias },
    Server: {
      pointer: {
        struct: '*types.Version',
        fields: {
          Platform: { struct: 'struct { Name string }', fields: { Name: 'string' } },
          Components: {
            list: {
              struct: 'types.ComponentVersion',
              fields: { Name: 'string', Version: 'string', Details: { map: 'string' } },
            },
          },
          Version: 'string',
          APIVersion: 'string',
          MinAPIVersion: 'string',
          GitCommit: 'string',
          GoVersion: 'string',
          Os: 'string',
          Arch: 'string',
          KernelVersion: 'string',
          Experimental: 'bool',
          BuildTime: 'string',
        },
        alias: clientAlias,
      },
    },
  },
};

const swarm: Shape = {
  struct: 'swarm.Info',
  fields: {
    NodeID: 'string',
    NodeAddr: 'string',
    LocalNodeState: 'string',
    ControlAvailable: 'bool',
    Error: 'string',
    RemoteManagers: { list: { struct: 'swarm.Peer', fields: { NodeID: 'string', Addr: 'string' } } },
    Nodes: 'int',
    Managers: 'int',
    Cluster: { pointer: 'any' },
    Warnings: strings,
  },
};

/** What `info` shows, as Go has it. */
export const infoShape: Shape = {
  struct: 'system.dockerInfo',
  fields: {
    ID: 'string',
    Containers: 'int',
    ContainersRunning: 'int',
    ContainersPaused: 'int',
    ContainersStopped: 'int',
    Images: 'int',
    Driver: 'string',
    DriverStatus: { list: strings },
    SystemStatus: { list: strings },
    Plugins: {
      struct: 'system.PluginsInfo',
      fields: { Volume: strings, Network: strings, Authorization: strings, Log: strings },
    },
    MemoryLimit: 'bool',
    SwapLimit: 'bool',
    KernelMemory: 'bool',
    KernelMemoryTCP: 'bool',
    CPUCfsPeriod: 'bool',
    CPUCfsQuota: 'bool',
    CPUShares: 'bool',
    CPUSet: 'bool',
    PidsLimit: 'bool',
    IPv4Forwarding: 'bool',
    Debug: 'bool',
    NFd: 'int',
    OomKillDisable: 'bool',
    NGoroutines: 'int',
    SystemTime: 'string',
    LoggingDriver: 'string',
    CgroupDriver: 'string',
    CgroupVersion: 'string',
    NEventsListener: 'int',
    KernelVersion: 'string',
    OperatingSystem: 'string',
    OSVersion: 'string',
    OSType: 'string',
    Architecture: 'string',
    IndexServerAddress: 'string',
    RegistryConfig: {
      pointer: {
        struct: 'registry.ServiceConfig',
        fields: { InsecureRegistryCIDRs: strings, IndexConfigs: { map: 'any' }, Mirrors: strings },
      },
    },
    NCPU: 'int',
    MemTotal: 'int',
    GenericResources: { list: 'any' },
    DockerRootDir: 'string',
    HTTPProxy: 'string',
    HTTPSProxy: 'string',
    NoProxy: 'string',
    Name: 'string',
    Labels: strings,
    ExperimentalBuild: 'bool',
    ServerVersion: 'string',
    Runtimes: { map: 'any' },
    DefaultRuntime: 'string',
    Swarm: swarm,
    LiveRestoreEnabled: 'bool',
    Isolation: 'string',
    InitBinary: 'string',
    ContainerdCommit: commit,
    RuncCommit: commit,
    InitCommit: commit,
    SecurityOptions: strings,
    ProductLicense: 'string',
    DefaultAddressPools: { list: 'any' },
    CDISpecDirs: strings,
    Warnings: strings,
    ServerErrors: strings,
    ClientInfo: {
      pointer: {
        struct: 'system.clientInfo',
        fields: { Debug: 'bool', ...client, Plugins: { list: 'any' }, Warnings: strings },
        alias: clientAlias,
      },
    },
    ClientErrors: strings,
  },
  alias: { CPUCfsPeriod: 'CpuCfsPeriod', CPUCfsQuota: 'CpuCfsQuota', HTTPProxy: 'HttpProxy', HTTPSProxy: 'HttpsProxy' },
};
