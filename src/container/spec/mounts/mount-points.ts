import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { ContainerConfig, HostConfig, Mount } from '../../../api/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { isPropagation, type MountMode, parseMountMode, requireMountMode } from './mount-mode.ts';
import { type OwnedMount, parseOwner, parseOwnerMap } from './mount-owners.ts';
import type { MountPoint } from './mount-point.ts';
import { settlePropagation } from './propagation.ts';
import { tmpfsOptions } from './tmpfs.ts';

const blank = {
  source: '',
  name: '',
  driver: '',
  driverOptions: {},
  labels: {},
  mode: '',
  rw: true,
  propagation: '',
  copy: false,
  createSource: false,
  nonRecursive: false,
  readOnlyNonRecursive: false,
  tmpfs: [],
};

/**
 * Everything the container has mounted beside the system's own, in the order asked for: Binds, Mounts, then the volumes of
 * the (merged) configuration whose place is still free. Refusals are in Docker's words. Tmpfs stays in HostConfig. `dataRoot` is the
 * engine's, of which binds are special.
 */
export function resolveMountPoints(config: ContainerConfig, hostConfig: HostConfig, dataRoot: string): MountPoint[] {
  const points: MountPoint[] = [];
  const taken = new Set<string>();
  const tmpfs = new Set(Object.keys(hostConfig.Tmpfs ?? {}).map((path) => posix.normalize(path)));
  const place = (point: MountPoint): void => {
    const { destination } = point;
    if (taken.has(destination) || (point.type !== 'tmpfs' && tmpfs.has(destination))) {
      throw new EngineError('invalid', `Duplicate mount point: ${destination}`);
    }
    taken.add(destination);
    points.push(settlePropagation(point, dataRoot));
  };
  for (const bind of hostConfig.Binds ?? []) place(parseBind(bind, hostConfig.VolumeDriver || ''));
  for (const mount of hostConfig.Mounts ?? []) place(parseMount(mount));
  for (const path of Object.keys(config.Volumes ?? {})) {
    const destination = clean(path);
    // Docker lets the runtime fail on this one, at each start.
    if (posix.resolve('/', path) === '/') throw new EngineError('invalid', rootTaken);
    if (!taken.has(destination) && !tmpfs.has(destination)) {
      points.push({ ...blank, type: 'volume', destination, copy: true, driver: hostConfig.VolumeDriver || '' });
    }
  }
  return points;
}

/** `[source:]target[:mode]`, as `-v` writes it. */
export function parseBind(text: string, volumeDriver: string): MountPoint {
  const wrong = `invalid volume specification: '${text}'`;
  const parts = text.split(':');
  if (parts[0] === '' || parts.length > 3) throw new EngineError('internal', wrong);
  // `/a:rw` would be a target with a mode, which an anonymous volume cannot have.
  if (parts.length === 2 && parseMountMode(parts[1] ?? '')) throw new EngineError('internal', wrong);
  const [source, target] = parts.length === 1 ? ['', parts[0]] : parts;
  const text3 = parts[2] ?? '';
  const mode = requireMountMode(text3);
  const type = source?.startsWith('/') ? 'bind' : 'volume';
  const mount: OwnedMount = {
    Type: type,
    Source: source ?? '',
    Target: target ?? '',
    ReadOnly: mode.readOnly,
    ...ownersOf(mode),
    ...(mode.propagation ? { BindOptions: { Propagation: mode.propagation as 'private' } } : {}),
    ...(mode.noCopy || (volumeDriver && type === 'volume')
      ? { VolumeOptions: { NoCopy: mode.noCopy ?? false, DriverConfig: { Name: volumeDriver } } }
      : {}),
  };
  try {
    return { ...fromMount(mount), mode: text3 || sharedMode(type), createSource: type === 'bind' };
  } catch (error) {
    throw new EngineError('internal', `${wrong}: ${messageOf(error)}`, error);
  }
}

function ownersOf({ idMap, chown }: MountMode): Pick<OwnedMount, 'IDMap' | 'Chown'> {
  return { ...(idMap && { IDMap: 'auto' }), ...(chown && { Chown: 'auto' }) };
}

/** One entry of HostConfig.Mounts. */
export function parseMount(mount: OwnedMount): MountPoint {
  const type = mount.Type ?? '';
  for (const options of ['BindOptions', 'VolumeOptions', 'TmpfsOptions', 'ImageOptions'] as const) {
    const owner = options.replace('Options', '').toLowerCase();
    if (mount[options] && owner !== type && ['bind', 'volume', 'tmpfs', 'image'].includes(type)) {
      throw new EngineError('invalid', `${options} must not be specified on mount type "${type}"`);
    }
  }
  const point = fromMount(mount);
  const create = mount.BindOptions?.CreateMountpoint ?? false;
  if (point.type === 'bind' && !create && !existsSync(point.source)) {
    throw refuse(mount, `bind source path does not exist: ${mount.Source}`);
  }
  return { ...point, mode: sharedMode(point.type), createSource: create };
}

/** Docker shows of a volume that was asked for, and of which nothing else was said, the label that many may share. */
function sharedMode(type: string): string {
  return type === 'volume' ? 'z' : '';
}

const rootTaken = "invalid specification: destination can't be '/'";

const refuse = (mount: Mount, why: string): EngineError =>
  new EngineError('invalid', `invalid mount config for type "${mount.Type ?? ''}": ${why}`);

const clean = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '');

function fromMount(mount: OwnedMount): MountPoint {
  const target = mount.Target ?? '';
  if (target === '') throw refuse(mount, 'field Target must not be empty');
  if (clean(target) === '/') throw refuse(mount, rootTaken);
  requireAbsolute(mount, target);
  const point = { ...blank, destination: clean(target), rw: !mount.ReadOnly, ...owners(mount) };
  switch (mount.Type) {
    case 'bind':
      return { ...point, type: 'bind', ...bind(mount) };
    case 'volume':
      return { ...point, type: 'volume', ...volume(mount) };
    case 'tmpfs':
      if (mount.Source) throw refuse(mount, 'field Source must not be specified');
      return { ...point, type: 'tmpfs', tmpfs: tmpfsOptions(mount, (why) => refuse(mount, why)) };
    case 'image':
      return { ...point, type: 'image', ...image(mount) };
    default:
      throw refuse(mount, 'mount type unknown');
  }
}

const textOf = (value: string): string => (value === 'auto' ? '' : value);

/** The engine's own fields, each as it was written but for `auto`. */
function owners(mount: OwnedMount): Pick<MountPoint, 'idMap' | 'chown'> {
  const { Type, IDMap, Chown } = mount;
  const owned = Type === 'bind' || Type === 'volume';
  for (const [name, value, read] of [
    ['IDMap', IDMap, parseOwnerMap],
    ['Chown', Chown, parseOwner],
  ] as const) {
    if (!value) continue;
    if (!owned) throw refuse(mount, `field ${name} must not be specified`);
    if (value !== 'auto' && !read(value)) throw refuse(mount, `invalid ${name}: ${value}`);
  }
  return { ...(IDMap && { idMap: textOf(IDMap) }), ...(Chown && { chown: textOf(Chown) }) };
}

function requireAbsolute(mount: Mount, path: string): void {
  if (!path.startsWith('/')) throw refuse(mount, `invalid mount path: '${path}' mount path must be absolute`);
}

function bind(mount: Mount): Partial<MountPoint> {
  const { Source = '', BindOptions: options } = mount;
  if (Source === '') throw refuse(mount, 'field Source must not be empty');
  const propagation = options?.Propagation || '';
  if (propagation && !isPropagation(propagation)) throw refuse(mount, `invalid propagation mode: ${propagation}`);
  if (mount.VolumeOptions) throw refuse(mount, 'field VolumeOptions must not be specified');
  requireAbsolute(mount, Source);
  return {
    source: clean(Source),
    propagation,
    nonRecursive: options?.NonRecursive ?? false,
    readOnlyNonRecursive: options?.ReadOnlyNonRecursive ?? false,
  };
}

function volume(mount: Mount): Partial<MountPoint> {
  const { Source: name = '', VolumeOptions: options } = mount;
  if (mount.BindOptions) throw refuse(mount, 'field BindOptions must not be specified');
  if (options?.Subpath) {
    if (name === '') throw refuse(mount, 'must not set Subpath when using anonymous volumes');
    requireWithin(mount, options.Subpath);
  }
  if (mount.ReadOnly && name === '') throw refuse(mount, 'must not set ReadOnly mode when using anonymous volumes');
  return {
    name,
    copy: !options?.NoCopy,
    driver: options?.DriverConfig?.Name ?? '',
    driverOptions: options?.DriverConfig?.Options ?? {},
    labels: options?.Labels ?? {},
    ...(options?.Subpath && { subpath: options.Subpath }),
  };
}

/** Always read only, whatever is asked for, as in Docker. */
function image(mount: Mount): Partial<MountPoint> {
  const { Source: name = '', ImageOptions: options } = mount;
  if (name === '') throw refuse(mount, 'field Source must not be empty');
  if (options?.Subpath) requireWithin(mount, options.Subpath);
  return { name, rw: false, propagation: 'rprivate', ...(options?.Subpath && { subpath: options.Subpath }) };
}

function requireWithin(mount: Mount, path: string): void {
  if (!path.startsWith('/') && !posix.normalize(path).startsWith('..')) return;
  throw refuse(mount, 'subpath must be a relative path within the volume');
}
