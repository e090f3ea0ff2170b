import type { SystemInfo } from '../../api/index.ts';

/** What `docker info` shows of the engine's settings. */
export interface ShownSettings {
  experimental: boolean;
  debug: boolean;
  labels: string[];
  liveRestore: boolean;
  cgroupDriver: string;
  loggingDriver: string;
  /** `builtin`, `unconfined` or the path of a profile. */
  seccomp: string;
  noNewPrivileges: boolean;
  initProgram: string;
  cdiDirectories: string[];
  /** Reads which devices are described there, or why that cannot be read. */
  cdiDevices(): CdiDevices;
  /** Where the API is served to whoever comes. */
  open: { address: string; tls: boolean }[];
  addressPools: { base: string; size: number }[];
  /** Whether the host has AppArmor, whether containers have SELinux labels, and whether they have user ids of their own. */
  apparmor: boolean;
  selinux: boolean;
  userns: boolean;
  authorizationPlugins: string[];
  registry: { mirrors: string[]; insecure: string[] };
}

export interface CdiDevices {
  names: string[];
  trouble?: string;
}

/** Them as `docker info` has them. */
export function settingsFacts(settings: ShownSettings, cgroupVersion: string | undefined): SystemInfo {
  return {
    Debug: settings.debug,
    ExperimentalBuild: settings.experimental,
    Labels: settings.labels,
    LiveRestoreEnabled: settings.liveRestore,
    CgroupDriver: settings.cgroupDriver as NonNullable<SystemInfo['CgroupDriver']>,
    LoggingDriver: settings.loggingDriver,
    InitBinary: settings.initProgram,
    CDISpecDirs: settings.cdiDirectories,
    RegistryConfig: registryFacts(settings.registry),
    SecurityOptions: [
      ...(settings.apparmor ? ['name=apparmor'] : []),
      `name=seccomp,profile=${settings.seccomp}`,
      ...(settings.selinux ? ['name=selinux'] : []),
      ...(settings.userns ? ['name=userns'] : []),
      ...(cgroupVersion === '2' ? ['name=cgroupns'] : []),
      ...(settings.noNewPrivileges ? ['name=no-new-privileges'] : []),
    ],
    ...(settings.addressPools.length > 0 && {
      DefaultAddressPools: settings.addressPools.map(({ base, size }) => ({ Base: base, Size: size })),
    }),
  };
}

/** Devices as `docker info` has them. */
export function devicesFacts({ names }: CdiDevices): { DiscoveredDevices?: { Source: string; ID: string }[] } {
  return names.length > 0 ? { DiscoveredDevices: names.map((ID) => ({ Source: 'cdi', ID })) } : {};
}

/** What is to be said of them, as Docker says it. */
export function settingsWarnings({ open }: ShownSettings, { trouble }: CdiDevices): string[] {
  const access = open.map(({ address, tls }) => {
    const lack = tls ? 'without TLS client verification' : 'without encryption';
    return `WARNING: API is accessible on ${tls ? 'https' : 'http'}://${address} ${lack}.\n         Access to the remote API is equivalent to root access on the host.`;
  });
  return trouble === undefined ? access : [...access, `WARNING: CDI: ${trouble}`];
}

/** Insecure registries are hosts with an entry of their own, or networks. */
function registryFacts({ mirrors, insecure }: ShownSettings['registry']): NonNullable<SystemInfo['RegistryConfig']> {
  const hosts = insecure.filter((entry) => !entry.includes('/'));
  const networks = insecure.filter((entry) => entry.includes('/'));
  const entries = hosts.map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }]);
  return {
    IndexConfigs: {
      ...Object.fromEntries(entries),
      'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
    },
    InsecureRegistryCIDRs: [...networks, '::1/128', '127.0.0.0/8'],
    Mirrors: orNull(mirrors),
  };
}

/** Docker shows an empty list as null in some places, which its published types leave out. */
export function orNull<T>(list: T[]): T[] {
  return list.length > 0 ? list : (null as unknown as T[]);
}
