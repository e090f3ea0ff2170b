import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EngineDefaults } from '../../container/index.ts';
import type { Level } from '../../kit/index.ts';
import type { NetworkOptions } from '../../network/index.ts';
import type { PrefixSettings } from '../../registry/index.ts';
import { check, idle, preceded, uniqueLabels } from '../check.ts';
import { type Host, parseHost } from '../hosts.ts';
import type { Values } from '../options/option.ts';
import { checkMirror, refuse } from '../options/words.ts';
import { inFile, readConfigFile } from './config-file.ts';
import { buildLimitsOf, defaultsOf } from './defaults.ts';
import { defaultDataRoot, networkOf } from './network.ts';
import { prefixesOf } from './registries.ts';
import { type Runtimes, readRuntimes } from './runtimes.ts';
import type { TlsSettings } from './tls.ts';

/** What the engine was told, on its command line and in its configuration file. */
export interface Settings {
  dataRoot: string;
  execRoot: string;
  hosts: Host[];
  tls: TlsSettings;
  pidfile: string;
  /** Where what is measured is told, as `host:port`; nothing is measured where it is empty. */
  metricsAddress: string;
  group: string;
  logLevel: Level;
  logFormat: 'text' | 'json';
  debug: boolean;
  /** Clients are told so. */
  experimental: boolean;
  runtimes: Runtimes;
  defaultRuntime: string;
  network: Omit<NetworkOptions, 'execRoot'>;
  containers: EngineDefaults;
  cgroupParent: string;
  /** What limits the steps of builds that are asked for without. */
  buildLimits: { Memory?: number; PidsLimit?: number };
  /** Undefined where the engine makes cgroups itself. */
  cgroupDriver: 'systemd' | undefined;
  storageDriver: string;
  initPath?: string;
  /** Containers have labels, where the host has SELinux. */
  selinux: boolean;
  cdiDirectories?: string[];
  /** Plugins that are asked of every request, in this order. */
  authorizationPlugins: string[];
  labels: string[];
  features: Record<string, boolean>;
  /** Containers live on when the engine ends. */
  liveRestore: boolean;
  /** Seconds that containers get to end in, where they are ended with the engine; negative for as long as it takes. */
  shutdownTimeout: number;
  registry: RegistrySettings;
  /** Environment variables that were told as settings. */
  proxies: Record<string, string>;
  /** What was asked for and changes nothing, with the reason. */
  idle: string[];
}

export interface RegistrySettings {
  mirrors: string[];
  insecure: string[];
  prefixes: Record<string, PrefixSettings>;
  maxDownloads: number;
  maxUploads: number;
  maxAttempts: number;
}

/** Flags, then the configuration file, then the defaults. What is given in both is refused, as Docker does. */
export function settle(given: Values): Settings {
  const file = readConfigFile(given);
  const values: Values = new Map([...(file?.values ?? []), ...given]);
  const [fromFlag, fromFile] = [given.get('add-runtime'), file?.values.get('add-runtime')];
  if (fromFlag && fromFile) {
    values.set('add-runtime', new Map([...(fromFile as Map<string, unknown>), ...(fromFlag as Map<string, unknown>)]));
  }
  try {
    check(values);
  } catch (error) {
    if (!file) throw error;
    throw inFile(file.path, preceded('merged configuration validation from file and command line flags failed', error));
  }
  return settingsOf(values);
}

const defaultSocket = '/run/tug/tug.sock';
const tlsHost = 'tcp://localhost:2376';

function settingsOf(values: Values): Settings {
  const text = (name: string, otherwise = ''): string => (values.get(name) as string | undefined) || otherwise;
  const debug = values.get('debug') === true;
  const tls = tlsOf(values);
  const hosts = (values.get('host') as string[] | undefined) ?? [''];
  const dataRoot = text('data-root', defaultDataRoot);
  const standard = tls.enabled ? tlsHost : `unix://${defaultSocket}`;
  const initPath = text('init-path');
  const cdi = values.get('cdi-spec-dir') as string[] | undefined;
  const features: Record<string, boolean> = Object.fromEntries(
    (values.get('feature') as Map<string, boolean> | undefined) ?? [],
  );
  return {
    dataRoot,
    execRoot: text('exec-root', '/run/tug'),
    hosts: distinct(hosts.map((host) => parseHost(host === '' ? standard : host, defaultSocket))),
    tls,
    pidfile: text('pidfile', '/run/tug/tug.pid'),
    metricsAddress: text('metrics-addr'),
    group: text('group', 'docker'),
    logLevel: debug ? 'debug' : (levels[text('log-level', 'info').toLowerCase()] ?? 'info'),
    logFormat: text('log-format') === 'json' ? 'json' : 'text',
    debug,
    experimental: values.get('experimental') === true,
    runtimes: readRuntimes((values.get('add-runtime') as Map<string, unknown> | undefined) ?? new Map()),
    defaultRuntime: text('default-runtime', 'native'),
    network: networkOf(values, dataRoot),
    containers: defaultsOf(values),
    ...cgroupsOf(values),
    buildLimits: buildLimitsOf(values),
    storageDriver: text('storage-driver'),
    ...(initPath && { initPath }),
    selinux: values.get('selinux-enabled') === true,
    ...(features.cdi === false ? { cdiDirectories: [] } : cdi && { cdiDirectories: cdi.filter((one) => one !== '') }),
    authorizationPlugins: (values.get('authorization-plugin') as string[] | undefined) ?? [],
    labels: uniqueLabels((values.get('label') as string[] | undefined) ?? []),
    features,
    liveRestore: values.get('live-restore') !== false,
    shutdownTimeout: (values.get('shutdown-timeout') as number | undefined) ?? 15,
    registry: registryOf(values),
    proxies: proxiesOf(text),
    idle: idle(values),
  };
}

/** A socket that is named twice is listened at once, as by dockerd. */
const distinct = (hosts: Host[]): Host[] => [...new Map(hosts.map((host) => [JSON.stringify(host), host])).values()];

const levels: Record<string, Level> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

function registryOf(values: Values): RegistrySettings {
  const number = (name: string, otherwise: number): number => (values.get(name) as number | undefined) || otherwise;
  return {
    mirrors: ((values.get('registry-mirror') as string[] | undefined) ?? []).map(checkMirror),
    insecure: (values.get('insecure-registry') as string[] | undefined) ?? [],
    prefixes: prefixesOf((values.get('registry') as Map<string, unknown> | undefined) ?? new Map()),
    maxDownloads: number('max-concurrent-downloads', 3),
    maxUploads: number('max-concurrent-uploads', 5),
    maxAttempts: number('max-download-attempts', 5),
  };
}

function proxiesOf(text: (name: string) => string): Record<string, string> {
  const names = ['http-proxy', 'https-proxy', 'no-proxy'];
  const given = names.filter((name) => text(name) !== '');
  return Object.fromEntries(given.map((name) => [name.toUpperCase().replace('-', '_'), text(name)]));
}

/** Whoever says anything about --tlsverify wants TLS. */
function tlsOf(values: Values): TlsSettings {
  const said = (name: string) => values.get(name) as boolean | undefined;
  const path = (name: string, file: string) => (values.get(name) as string | undefined) || join(certificates(), file);
  const verify = said('tlsverify');
  const tls = said('tls');
  return {
    enabled: verify !== undefined || tls === true,
    verify: verify ?? tls,
    declined: verify === false || tls === false,
    caFile: path('tlscacert', 'ca.pem'),
    certFile: path('tlscert', 'cert.pem'),
    keyFile: path('tlskey', 'key.pem'),
  };
}

const certificates = (): string =>
  process.env.DOCKER_CERT_PATH || process.env.DOCKER_CONFIG || join(homedir(), '.docker');

/** Slices of systemd have names, no paths. */
function cgroupsOf(values: Values): Pick<Settings, 'cgroupParent' | 'cgroupDriver'> {
  const parent = (values.get('cgroup-parent') as string | undefined) || '/tug';
  const options = (values.get('exec-opt') as string[] | undefined) ?? [];
  const systemd = options.some((option) => /^\s*native\.cgroupdriver\s*=\s*systemd\s*$/i.test(option));
  if (!systemd) return { cgroupParent: join('/', parent), cgroupDriver: undefined };
  if (parent !== '/tug' && !/^[^/]+\.slice$/.test(parent)) {
    throw refuse('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"');
  }
  return { cgroupParent: parent === '/tug' ? 'system.slice' : parent, cgroupDriver: 'systemd' };
}
