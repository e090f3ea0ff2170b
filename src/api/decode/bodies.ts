import { EngineError, messageOf } from '../../kit/index.ts';
import type { Platform } from '../../oci/index.ts';
import type {
  ContainerCreateRequest,
  EndpointSettings,
  ExecConfig,
  ExecStartConfig,
  Mount,
  PortBinding,
} from '../types.ts';
import { decodeBody } from './body.ts';
import { endpoint, hostConfig, mount, networkingConfig } from './host-config.ts';
import { parseJson } from './json.ts';
import {
  array,
  bool,
  decode,
  int64,
  list,
  map,
  string,
  stringMap,
  strings,
  struct,
  unsigned,
  words,
} from './schema.ts';

const health = struct('v1.HealthcheckConfig', {
  Test: strings,
  Interval: int64('time.Duration'),
  Timeout: int64('time.Duration'),
  StartPeriod: int64('time.Duration'),
  StartInterval: int64('time.Duration'),
  Retries: int64('int'),
});

const portSet = map(struct('struct {}', {}), 'nat.PortSet');

const containerCreate = struct('container.CreateRequest', {
  Hostname: string(),
  Domainname: string(),
  User: string(),
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: portSet,
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: strings,
  Cmd: words,
  Healthcheck: health,
  ArgsEscaped: bool,
  Image: string(),
  Volumes: map(struct('struct {}', {})),
  WorkingDir: string(),
  Entrypoint: words,
  NetworkDisabled: bool,
  MacAddress: string(),
  OnBuild: strings,
  Labels: stringMap,
  StopSignal: string(),
  StopTimeout: int64('int'),
  Shell: words,
  Runtime: string(),
  HostConfig: hostConfig,
  NetworkingConfig: networkingConfig,
});

/** What a request to create may hold beside Docker's own. */
const ownCreate = struct('tug.Create', {
  Tug: struct('tug.CreateOptions', {
    Secrets: list(
      struct('tug.Secret', {
        ID: string(),
        Data: string(),
        Target: string(),
        UID: int64('int'),
        GID: int64('int'),
        Mode: int64('int'),
      }),
    ),
  }),
});

export interface SecretBody {
  ID?: string;
  Data?: string;
  Target?: string;
  UID?: number;
  GID?: number;
  Mode?: number;
}

/** The secrets that a request to create brings along, in the engine's own part of it. */
export function decodeSecrets(text: string): SecretBody[] {
  if (!/"tug"\s*:/i.test(text)) return [];
  return decodeBody<{ Tug?: { Secrets?: SecretBody[] } }>(ownCreate, text, '').Tug?.Secrets ?? [];
}

const consoleSize = array(2, unsigned(64, 'uint'));

const execCreate = struct('container.ExecOptions', {
  User: string(),
  Privileged: bool,
  Tty: bool,
  ConsoleSize: consoleSize,
  AttachStdin: bool,
  AttachStderr: bool,
  AttachStdout: bool,
  DetachKeys: string(),
  Env: strings,
  WorkingDir: string(),
  Cmd: strings,
});

const execStart = struct('container.ExecStartOptions', { Detach: bool, Tty: bool, ConsoleSize: consoleSize });

const volumeCreate = struct('volume.CreateOptions', {
  ClusterVolumeSpec: struct('volume.ClusterVolumeSpec', {}),
  Driver: string(),
  DriverOpts: stringMap,
  Labels: stringMap,
  Name: string(),
});

const networkCreate = struct('network.CreateRequest', {
  Name: string(),
  CheckDuplicate: bool,
  Driver: string(),
  Scope: string(),
  Internal: bool,
  Attachable: bool,
  Ingress: bool,
  ConfigOnly: bool,
  ConfigFrom: struct('network.ConfigReference', { Network: string() }),
  EnableIPv4: bool,
  EnableIPv6: bool,
  IPAM: struct('network.IPAM', {
    Driver: string(),
    Options: stringMap,
    Config: list(
      struct('network.IPAMConfig', {
        Subnet: string(),
        IPRange: string(),
        Gateway: string(),
        AuxiliaryAddresses: stringMap,
      }),
    ),
  }),
  Options: stringMap,
  Labels: stringMap,
});

const networkConnect = struct('network.ConnectOptions', { Container: string(), EndpointConfig: endpoint });
const networkDisconnect = struct('network.DisconnectOptions', { Container: string(), Force: bool });

const portMap = map(list(struct('nat.PortBinding', { HostIp: string(), HostPort: string() })), 'nat.PortMap');
const configChange = struct('ConfigChange', {
  Env: strings,
  EnvRemove: strings,
  Labels: stringMap,
  LabelsRemove: strings,
  Mounts: list(mount),
  MountsRemove: strings,
  Restart: bool,
});

const checkpointCreate = struct('checkpoint.CreateOptions', {
  CheckpointID: string(),
  CheckpointDir: string(),
  Exit: bool,
});

const snapshotCreate = struct('SnapshotCreate', { Name: string(), Comment: string(), Pause: bool });

const portsChange = struct('PortsChange', { Publish: portMap, Unpublish: portMap });

const platform = struct('v1.Platform', {
  architecture: string(),
  os: string(),
  'os.version': string(),
  'os.features': strings,
  variant: string(),
});

const filtersNew = map(map(bool), 'map[string]map[string]bool');
const filtersOld = map(list(string()));

export interface VolumeCreateBody {
  ClusterVolumeSpec?: object;
  Driver?: string;
  DriverOpts?: Record<string, string>;
  Labels?: Record<string, string>;
  Name?: string;
}

export interface NetworkConnectBody {
  Container?: string;
  EndpointConfig?: EndpointSettings;
}

/** Bindings by container port; what is to be published, and what no longer. */
export interface ConfigChangeBody {
  Env?: string[];
  EnvRemove?: string[];
  Labels?: Record<string, string>;
  LabelsRemove?: string[];
  Mounts?: Mount[];
  MountsRemove?: string[];
  Restart?: boolean;
}

export interface PortsChangeBody {
  Publish?: Record<string, PortBinding[]>;
  Unpublish?: Record<string, PortBinding[]>;
}

export interface NetworkDisconnectBody {
  Container?: string;
  Force?: boolean;
}

export type ExecCreateBody = ExecConfig & { ConsoleSize?: [number, number] };
export type ExecStartBody = ExecStartConfig & { ConsoleSize?: [number, number] };

/** The body of `POST /containers/create`; like the others below, an EngineError `invalid` in Docker's words if it is none. */
export function decodeContainerCreate(text: string): ContainerCreateRequest {
  const { Runtime, ...body } = decodeBody<ContainerCreateRequest & { Runtime?: string }>(containerCreate, text, '');
  // docker-py names the runtime here. Docker does not look, and runs its default.
  if (Runtime && !body.HostConfig?.Runtime) body.HostConfig = { ...body.HostConfig, Runtime };
  return body;
}
/** May be empty, as the next two. */
export const decodeExecCreate = (text: string) =>
  text === '' ? {} : decodeBody<ExecCreateBody>(execCreate, text, 'ExecOptions');
export const decodeExecStart = (text: string) =>
  text === '' ? {} : decodeBody<ExecStartBody>(execStart, text, 'ExecStartOptions');
export const decodeVolumeCreate = (text: string) =>
  text === '' ? {} : decodeBody<VolumeCreateBody>(volumeCreate, text, 'CreateOptions');

/** The bodies of the networks' endpoints; all may be empty. */
export const decodeNetworkCreate = (text: string) =>
  text === '' ? {} : decodeBody<object>(networkCreate, text, 'CreateRequest');
export const decodeConfigChange = (text: string) =>
  text === '' ? {} : decodeBody<ConfigChangeBody>(configChange, text, 'ConfigChange');
export const decodeCheckpointCreate = (text: string) =>
  text === ''
    ? {}
    : decodeBody<{ CheckpointID?: string; CheckpointDir?: string; Exit?: boolean }>(
        checkpointCreate,
        text,
        'CreateOptions',
      );
export const decodeSnapshotCreate = (text: string) =>
  text === ''
    ? {}
    : decodeBody<{ Name?: string; Comment?: string; Pause?: boolean }>(snapshotCreate, text, 'SnapshotCreate');
export const decodePortsChange = (text: string) =>
  text === '' ? {} : decodeBody<PortsChangeBody>(portsChange, text, 'PortsChange');
export const decodeNetworkConnect = (text: string) =>
  text === '' ? {} : decodeBody<NetworkConnectBody>(networkConnect, text, 'ConnectOptions');
export const decodeNetworkDisconnect = (text: string) =>
  text === '' ? {} : decodeBody<NetworkDisconnectBody>(networkDisconnect, text, 'DisconnectOptions');

/** The `filters` of a query, in the form of today (`{"name":{"a":true}}`) or of old (`{"name":["a"]}`). */
export function decodeFilters(text: string): Record<string, string[]> {
  if (text === '') return {};
  try {
    const json = parseJson(text);
    try {
      const sets = (decode(filtersNew, json, '') ?? {}) as Record<string, Record<string, boolean> | null>;
      return mapValues(sets, (set) => Object.keys(set ?? {}));
    } catch {
      const lists = (decode(filtersOld, json, '') ?? {}) as Record<string, string[] | null>;
      return mapValues(lists, (values) => values ?? []);
    }
  } catch (error) {
    throw new EngineError('invalid', 'invalid filter', error);
  }
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** A platform as API 1.48 and later send it: `{"os":"linux","architecture":"arm64"}`, both named. */
export function decodePlatform(text: string): Platform {
  let platformOf: Partial<Platform>;
  try {
    platformOf = (decode(platform, parseJson(text), 'Platform') ?? {}) as Partial<Platform>;
  } catch (error) {
    const words = messageOf(error).replace(/^invalid JSON: /, '');
    throw new EngineError('invalid', `failed to parse platform: ${words}`, error);
  }
  const { os = '', architecture = '' } = platformOf;
  if (os === '' || architecture === '') {
    throw new EngineError('invalid', 'both OS and Architecture must be provided');
  }
  return { ...platformOf, os, architecture };
}
