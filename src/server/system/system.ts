import { arch, availableParallelism, hostname, machine, release, totalmem } from 'node:os';
import { apiVersion, minApiVersion, type SystemInfo, type SystemVersion } from '../../api/index.ts';
import type { Log, Tracer } from '../../kit/index.ts';
import { logDrivers } from '../../logs/index.ts';
import type { Backends, System } from '../contract.ts';
import { createEvents } from '../events/events.ts';
import { blockWarnings, limitWarnings, readLimits } from './cgroups.ts';
import { engineId } from './engine-id.ts';
import { fileSystemOf, ipv4Forwarding, openFiles, osRelease, overlayParameter, proxy, threads } from './host.ts';
import { devicesFacts, orNull, type ShownSettings, settingsFacts, settingsWarnings } from './settings.ts';

export interface SystemOptions extends Pick<Backends, 'containers' | 'images' | 'volumes' | 'networks'> {
  dataRoot: string;
  clock: () => bigint;
  storageDriver: string;
  build: { version: string; commit?: string; time?: string };
  /** What the engine was told, as it is at the time it is asked. */
  settings: () => ShownSettings;
  /** The programs behind the names of runtimes; the engine's own has none. */
  runtimes: { initial: string; names(): Record<string, { path: string; args: string[] } | undefined> };
  log: Log;
  tracer: Tracer;
}

/** The facts of engine and host; reads the engine's id, or makes it on the first start. */
export async function createSystem(options: SystemOptions): Promise<System> {
  const id = await engineId(options.dataRoot);
  const events = createEvents(options);
  const info = async (): Promise<SystemInfo> => {
    const settings = options.settings();
    const devices = settings.cdiDevices();
    return {
      ID: id,
      ...(await counts(options)),
      ...engineFacts(options),
      ...hostFacts(),
      NEventsListener: events.listeners(),
      ...fixedFacts,
      Plugins: {
        ...fixedFacts.Plugins,
        Authorization: orNull(settings.authorizationPlugins),
        Volume: options.volumes.drivers(),
      },
      ...settingsFacts(settings, readLimits().version),
      ...devicesFacts(devices),
      Warnings: orNull([...hostWarnings(), ...settingsWarnings(settings, devices)]),
    };
  };
  return {
    server: `Tug/${options.build.version} (linux)`,
    isExperimental: () => options.settings().experimental,
    events,
    engine: { id, name: hostname() },
    version: () => versionOf(options.build, options.settings().experimental),
    info: () => options.tracer.span('host.system_info', info),
    close: () => events.close(),
  };
}

async function counts({ containers, images }: SystemOptions): Promise<SystemInfo> {
  const { total, running, paused, stopped } = containers.counts();
  const found = await images.list({ all: true, filters: {}, sharedSize: false });
  return {
    Containers: total,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: stopped,
    Images: found.length,
  };
}

function engineFacts({ dataRoot, storageDriver, build, runtimes }: SystemOptions): SystemInfo {
  return {
    Runtimes: runtimesOf(runtimes.names()),
    DefaultRuntime: runtimes.initial,
    Driver: storageDriver,
    DriverStatus: driverStatus(dataRoot),
    DockerRootDir: dataRoot,
    ServerVersion: build.version,
    NFd: openFiles(),
    NGoroutines: threads(),
    SystemTime: new Date().toISOString(),
  };
}

/** As Docker tells of overlay2; a layer's changes are always its directory. */
function driverStatus(dataRoot: string): NonNullable<SystemInfo['DriverStatus']> {
  return [
    ['Backing Filesystem', fileSystemOf(dataRoot)],
    ['Supports d_type', 'true'],
    ['Using metacopy', String(overlayParameter('metacopy'))],
    ['Native Overlay Diff', String(!overlayParameter('redirect_dir'))],
    ['userxattr', 'false'],
  ];
}

function runtimesOf(names: ReturnType<SystemOptions['runtimes']['names']>): NonNullable<SystemInfo['Runtimes']> {
  const shown = Object.entries(names).map(([name, program]) => {
    const { path = 'tug-shim', args = [] } = program ?? {};
    return [name, { path, ...(args.length > 0 && { runtimeArgs: args }) }] as const;
  });
  return Object.fromEntries(shown);
}

function hostWarnings(): string[] {
  const forwarding = ipv4Forwarding() ? [] : ['WARNING: IPv4 forwarding is disabled'];
  return [...limitWarnings(readLimits()), ...blockWarnings(), ...forwarding];
}

function hostFacts(): SystemInfo {
  const { version, ...limits } = readLimits();
  return {
    ...limits,
    IPv4Forwarding: ipv4Forwarding(),
    CgroupVersion: version,
    KernelVersion: release(),
    OperatingSystem: osRelease('PRETTY_NAME') || 'Linux',
    OSVersion: osRelease('VERSION_ID'),
    OSType: 'linux',
    Architecture: machine(),
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    HttpProxy: proxy('HTTP_PROXY'),
    HttpsProxy: proxy('HTTPS_PROXY'),
    NoProxy: proxy('NO_PROXY'),
    Name: hostname(),
  };
}

/** What does not depend on the host: the engine has one firewall, and is no swarm node. */
const fixedFacts = {
  Plugins: {
    Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'],
    Authorization: orNull<string>([]),
    Log: logDrivers,
  },
  IndexServerAddress: 'https://index.docker.io/v1/',
  GenericResources: orNull<never>([]),
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
  Isolation: '',
  ContainerdCommit: { ID: '' },
  RuncCommit: { ID: '' },
  InitCommit: { ID: '' },
  FirewallBackend: { Driver: 'nftables' },
} satisfies SystemInfo;

function versionOf(build: SystemOptions['build'], experimental: boolean): SystemVersion {
  const goArch = { x64: 'amd64', ia32: '386' }[arch() as string] ?? arch();
  const common = {
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: build.commit ?? '',
    GoVersion: '',
    Os: 'linux',
    Arch: goArch,
    KernelVersion: release(),
    BuildTime: build.time ?? '',
  };
  return {
    Platform: { Name: 'tug' },
    Components: [
      { Name: 'Engine', Version: build.version, Details: { ...common, Experimental: String(experimental) } },
    ],
    Version: build.version,
    ...common,
    ...(experimental && { Experimental: true }),
  };
}
