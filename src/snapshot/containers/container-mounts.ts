import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  closeFd,
  detachedOverlay,
  openDirectory,
  openDirectoryAt,
  setMountAttributes,
  usingFd,
} from '../../host/index.ts';
import { crashpoint, explainSystemError } from '../../kit/index.ts';
import { mountTree } from '../driver/whole-trees.ts';
import type { Layers } from '../layers/layers.ts';
import { type Layout, overlayPlaces } from '../places/layout.ts';
import type { Containers } from './contract.ts';
import type { IdMapping, Owners } from './owners.ts';

type Mounts = Pick<Containers, 'mount' | 'view' | 'upper'>;

interface Places {
  layout: Layout;
  layers: Layers;
  owners: Owners;
  path: (id: string) => string;
  keys: (id: string) => string[];
}

const MOUNT_ATTR_RDONLY = 1;

/**
 * How a container's tree is seen where the kernel merges it. With ids of its own its upper directory has the host's ids, and the
 * layers are seen so; an overlay itself cannot show other owners than its parts.
 */
export function overlayMounts(at: Places): Mounts {
  const { layout, path, keys } = at;
  const upper = (id: string) => join(path(id), 'diff');
  return {
    mount(id, { volatile, label }) {
      // The kernel refuses an upper that was once mounted volatile until somebody who takes the risk removes this.
      rmSync(join(path(id), 'work/work/incompat/volatile'), { recursive: true, force: true });
      const within = `../containers/${id}`;
      const own = { dir: `${within}/diff`, work: `${within}/work`, volatile };
      const fd = withLower(at, keys(id), { ids: idsOf(path(id)), on: [] }, (lower) =>
        detachedOverlay({
          ...overlayPlaces(layout),
          lower: lower.length > 0 ? lower : ['../empty'],
          upper: own,
          label,
        }),
      );
      crashpoint('snapshot.container.mounted');
      return fd;
    },
    view(id, as) {
      const ids = idsOf(path(id));
      const stack = keys(id);
      const turned = ids && as !== 'host' ? at.owners.unshifted(upper(id), ids) : undefined;
      try {
        // The kernel has no overlay of a single directory.
        if (stack.length === 0) return turned === undefined ? openDirectory(upper(id)) : openDirectoryAt(turned, '.');
        const on = [turned ?? `../containers/${id}/diff`];
        return withLower(at, stack, { ids: as === 'host' ? ids : undefined, on }, (lower) =>
          detachedOverlay({ ...overlayPlaces(layout), lower }),
        );
      } finally {
        if (turned !== undefined) closeFd(turned);
      }
    },
    upper(id) {
      const ids = idsOf(path(id));
      const fd = ids ? at.owners.unshifted(upper(id), ids) : openDirectory(upper(id));
      return usingFd(fd, () => openDirectoryAt(fd, '.'));
    },
  };
}

/** Calls `mount` with the layers of a stack below `on`, with their owners as `ids` has them. */
export function withLower(
  { layout, layers, owners }: Pick<Places, 'layout' | 'layers' | 'owners'>,
  stack: string[],
  { ids, on }: { ids: IdMapping | undefined; on: (string | number)[] },
  mount: (lower: (string | number)[]) => number,
): number {
  const links = layers.links(stack);
  const shifted: number[] = [];
  try {
    if (ids) for (const link of links) shifted.push(owners.shifted(join(layout.links, link), ids));
    return mount([...on, ...(ids ? shifted : links)]);
  } catch (error) {
    throw explainSystemError(error);
  } finally {
    for (const fd of shifted) closeFd(fd);
  }
}

/** The same where the container's own tree has everything: on the disk are its own ids. */
export function wholeMounts({ path, owners }: Places): Mounts {
  const tree = (id: string) => join(path(id), 'diff');
  const shifted = (id: string, ids: IdMapping, { readOnly }: { readOnly: boolean }): number => {
    const fd = owners.shifted(tree(id), ids);
    if (readOnly) setMountAttributes(fd, { set: MOUNT_ATTR_RDONLY });
    return fd;
  };
  return {
    mount(id) {
      const ids = idsOf(path(id));
      const fd = ids ? shifted(id, ids, { readOnly: false }) : mountTree(tree(id), { readOnly: false });
      crashpoint('snapshot.container.mounted');
      return fd;
    },
    view(id, as) {
      const ids = as === 'host' ? idsOf(path(id)) : undefined;
      return ids ? shifted(id, ids, { readOnly: true }) : mountTree(tree(id), { readOnly: true });
    },
    upper: (id) => usingFd(openDirectory(tree(id)), (fd) => openDirectoryAt(fd, '.')),
  };
}

/** Beside the trees of those containers only that have ids of their own. */
export const idsFile = 'ids.json';
/** Beside every container's tree: the keys of the layers below it. */
export const layersFile = 'layers.json';
export const ownFiles = [layersFile, idsFile];

export function idsOf(path: string): IdMapping | undefined {
  const file = join(path, idsFile);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as IdMapping) : undefined;
}
