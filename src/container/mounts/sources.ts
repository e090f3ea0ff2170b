import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  closeFd,
  createMountPlaces,
  O_PATH,
  openBeneath,
  openDirectory,
  SystemError,
  sweepMountPlaces,
  usingFd,
} from '../../host/index.ts';
import { crashpoint, EngineError, explainSystemError, messageOf } from '../../kit/index.ts';
import type { IdMapping } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';
import { mountSecrets } from '../secrets/mount.ts';
import { labelSource } from '../selinux/label-files.ts';
import type { MountPoint } from '../spec/index.ts';
import { shiftedMount } from './shifted.ts';

/** The mounts of a container, each with a source on the host that can be mounted as it is. */
export interface MountSources {
  mounts: MountPoint[];
  /** A place of the host for a detached mount, until `release`; its fd is closed. */
  attach(fd: number): string;
  /** Call it once the container has them, or will not have them. */
  release(): void;
}

/**
 * Makes ready what a container mounts: volumes that vanished come back empty, as in Docker; volumes with options are mounted (until
 * `volumes.release` of the container); images and parts of volumes get a path for the time of the start.
 */
export async function mountSources(context: Context, row: ContainerRow): Promise<MountSources> {
  const places = createPlaces(context, row.id);
  try {
    const mounts: MountPoint[] = [];
    for (const mount of row.mounts) {
      mounts.push(await sourceOf(context, row, { mount, places }));
      if (context.facts.selinux) await labelSource(row, mounts.at(-1) as MountPoint);
    }
    const { attach } = places;
    if (!row.hasSecrets) return { mounts, attach, release: places.release };
    const secrets = mountSecrets(context, row);
    const release = () => {
      places.release();
      secrets.release();
    };
    return { mounts: [...mounts, ...secrets.mounts], attach, release };
  } catch (error) {
    places.release();
    await context.volumes.release(row.id);
    throw error;
  }
}

async function sourceOf(
  context: Context,
  row: ContainerRow,
  { mount, places }: { mount: MountPoint; places: Places },
): Promise<MountPoint> {
  if (mount.createSource) await makeSource(mount.source);
  if (mount.type === 'volume') {
    await context.volumes.create({ name: mount.name, ...(mount.driver && { driver: mount.driver }) });
    const source = await context.volumes.mount(mount.name, row.id);
    const wanted = mount.subpath === undefined ? source : places.part(source, mount.subpath);
    return {
      ...mount,
      source: row.ids && mount.idMap === undefined ? places.shifted(wanted, row.ids) : wanted,
      ...(mount.subpath !== undefined && { part: wanted }),
    };
  }
  if (mount.type !== 'image') return mount;
  const image = places.image(mount.layers ?? [], row);
  return { ...mount, source: mount.subpath === undefined ? image : places.part(image, mount.subpath) };
}

/** `-v` makes a directory of what is not there. */
async function makeSource(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found) return;
  await mkdir(path, { recursive: true }).catch((error) => {
    throw new EngineError('internal', `error while creating mount source path '${path}': ${messageOf(error)}`, error);
  });
}

/** Paths of the host at which something is mounted for the time of a start. */
interface Places {
  /** A file or directory below one, no symlink of which is led out of it: a container could turn a path into another meanwhile. */
  part(base: string, subpath: string): string;
  /** The merged tree of layers, read only, with owners and label as the container has them. */
  image(layers: string[], container: Pick<ContainerRow, 'ids' | 'labels'>): string;
  /** What lies at a path, with owners as `ids` has them where its file system can show it so. */
  shifted(path: string, ids: IdMapping): string;
  /** A detached mount; its fd is closed. */
  attach(fd: number): string;
  release(): void;
}

const directoryOf = (context: { dataRoot: string }): string => join(context.dataRoot, 'mounts');

function createPlaces(context: Context, id: string): Places {
  const { bind, attach, release } = createMountPlaces(directoryOf(context), id);
  return {
    part(base, subpath) {
      const fd = openPart(base, subpath);
      try {
        const path = bind(fd);
        crashpoint('container.partMounted');
        return path;
      } finally {
        closeFd(fd);
      }
    },
    image(layers, { ids, labels }) {
      const path = attach(context.snapshots.viewImage(layers, ids, labels?.mount));
      crashpoint('container.imageMounted');
      return path;
    },
    shifted(path, ids) {
      const mount = shiftedMount(context, path, ids);
      return mount === undefined ? path : attach(mount);
    },
    attach,
    release,
  };
}

/** A symlink that leads out of the base is refused; the caller closes the fd. */
function openPart(base: string, subpath: string): number {
  return usingFd(openDirectory(base), (root) => {
    try {
      return openBeneath(root, subpath, O_PATH);
    } catch (error) {
      throw explained(error, { base, subpath });
    }
  });
}

function explained(error: unknown, { base, subpath }: { base: string; subpath: string }): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.code === 'EXDEV') {
    const where = `base: ${base}, subpath: ${subpath}`;
    return new EngineError('invalid', `path concatenation escapes the base directory, ${where}`, error);
  }
  const path = join(base, subpath);
  const cause = explainSystemError(new SystemError('lstat', error.errno), path);
  return new EngineError('internal', `cannot access path ${path}: ${messageOf(cause)}`, cause);
}

/** Takes away what an engine that was killed left mounted. */
export function sweepSources(context: { dataRoot: string }): void {
  sweepMountPlaces(directoryOf(context));
}
