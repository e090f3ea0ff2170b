import { type ContainerCreateRequest, type HostConfig, type Mount, olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { migrateMacAddress, migrateSysctls } from './endpoint.ts';

const refuse = (words: string): EngineError => new EngineError('invalid', words);

export interface AdaptedCreate {
  warnings: string[];
  /** Mounts that are read-only are so at their top only, unless they say more. */
  readOnlyNonRecursive: boolean;
}

/** Makes of a creation what it meant in that version: what was not there yet is dropped or refused. Changes `body`. */
export function adaptCreate(body: ContainerCreateRequest, version: string): AdaptedCreate {
  const before = (limit: string) => olderThan(version, limit);
  body.HostConfig ??= {};
  const hostConfig = body.HostConfig;
  const mounts = hostConfig.Mounts ?? [];
  nameDefaultNetwork(body, hostConfig);
  adaptHost(hostConfig, before);
  if (before('1.44') && body.Healthcheck) delete body.Healthcheck.StartInterval;
  for (const mount of mounts) adaptMount(mount, before);
  adaptEndpoints(body, before);
  const warnings = [
    before('1.48') ? undefined : volumeDriverWarning(hostConfig, mounts),
    migrateMacAddress(body, hostConfig, version),
    migrateSysctls(body, hostConfig, version),
  ];
  return {
    warnings: warnings.filter((warning) => warning !== undefined),
    readOnlyNonRecursive: before('1.44'),
  };
}

type Before = (version: string) => boolean;

/** `default` stands for the bridge. */
function nameDefaultNetwork(body: ContainerCreateRequest, hostConfig: HostConfig): void {
  if (hostConfig.NetworkMode && hostConfig.NetworkMode !== 'default') return;
  hostConfig.NetworkMode = 'bridge';
  const endpoints = body.NetworkingConfig?.EndpointsConfig;
  if (endpoints?.default === undefined) return;
  endpoints.bridge = endpoints.default;
  delete endpoints.default;
}

function adaptHost(hostConfig: HostConfig, before: Before): void {
  if (before('1.25')) hostConfig.AutoRemove = false;
  if (before('1.40')) {
    delete hostConfig.KernelMemoryTCP;
    hostConfig.IpcMode ||= 'shareable';
  }
  if (before('1.42')) hostConfig.ConsoleSize = [0, 0];
  if (before('1.43')) delete hostConfig.Annotations;
}

function adaptMount(mount: Mount, before: Before): void {
  if (before('1.40') && mount.BindOptions) mount.BindOptions.NonRecursive = false;
  if (before('1.42') && mount.BindOptions) mount.BindOptions.CreateMountpoint = false;
  if (before('1.44') && mount.Type === 'bind' && mount.BindOptions?.ReadOnlyForceRecursive) {
    throw refuse('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
  }
  if (before('1.45') && mount.VolumeOptions?.Subpath) throw refuse('VolumeOptions.Subpath needs API v1.45 or newer');
  if (before('1.48') && mount.Type === 'image') throw refuse('Mount type "Image" needs API v1.48 or newer');
}

function adaptEndpoints({ NetworkingConfig }: ContainerCreateRequest, before: Before): void {
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {};
  const names = Object.keys(endpoints);
  if (before('1.44') && names.length > 1) {
    throw refuse(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
  }
  if (!before('1.48')) return;
  for (const endpoint of Object.values(endpoints)) if (endpoint) delete endpoint.GwPriority;
}

function volumeDriverWarning({ VolumeDriver }: HostConfig, mounts: Mount[]): string | undefined {
  const ambiguous = mounts.some(({ Type, VolumeOptions }) => Type === 'volume' && !VolumeOptions?.DriverConfig?.Name);
  if (!VolumeDriver || !ambiguous) return undefined;
  const ignored = 'WARNING: the container-wide volume-driver configuration is ignored for volumes specified via';
  return `${ignored} 'mount'. Use '--mount type=volume,volume-driver=...' instead`;
}
