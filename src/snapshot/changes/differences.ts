import { closeFd, detachedOverlay, openDirectoryAt, usingFd } from '../../host/index.ts';
import { withLower } from '../containers/container-mounts.ts';
import type { Containers } from '../containers/contract.ts';
import type { IdMapping, Owners } from '../containers/owners.ts';
import type { Change, Snapshots } from '../contract.ts';
import type { Driver } from '../driver/driver.ts';
import { packChanges, topTree } from '../driver/whole-trees.ts';
import type { Layers } from '../layers/layers.ts';
import { packTree } from '../pack/pack-tree.ts';
import { type Layout, overlayPlaces } from '../places/layout.ts';
import { readChanges } from './changes.ts';
import { soleDirectory } from './sole-directory.ts';

/** What a container's writable layer makes of its image, from the upper directory as it lies on the disk. */
export function createDifferences(at: {
  layout: Layout;
  layers: Layers;
  containers: Containers;
  owners: Owners;
  driver: Driver;
}): Pick<Snapshots, 'view' | 'viewImage' | 'changes' | 'diff' | 'soleDirectory'> {
  const { layout, layers, containers, owners, driver } = at;
  const { whole } = driver;

  function viewImage(stack: string[], ids?: IdMapping, label?: string): number {
    const keys = layers.need(stack);
    const top = whole ? topTree(layout.layers, keys) : undefined;
    if (!ids && (whole || !label)) return layers.mount(keys);
    if (ids && top !== undefined) return owners.shifted(top, ids);
    return withLower({ layout, layers, owners }, keys, { ids, on: [] }, (lower) =>
      detachedOverlay({ ...overlayPlaces(layout), lower: [...lower, '../empty'], label }),
    );
  }

  async function changes(id: string): Promise<Change[]> {
    const keys = containers.keys(id);
    if (whole) return changesOf(id, () => merged(layers, keys));
    try {
      return await changesOf(id, () => trees(layers, keys));
    } catch (error) {
      // More directories than may be open at once.
      if ((error as { code?: string }).code !== 'EMFILE') throw error;
      return changesOf(id, () => merged(layers, keys));
    }
  }

  const changesOf = (id: string, open: () => number[]): Promise<Change[]> =>
    withUpper(containers, id, open, ([upper = -1, ...lower]) => readChanges(upper, lower, { whole }));

  return {
    view: containers.view,
    viewImage,
    changes,
    async soleDirectory(id, path) {
      if (whole) return undefined;
      const below = () => trees(layers, containers.keys(id));
      return withUpper(containers, id, below, (opened) => soleDirectory(opened, path));
    },
    async *diff(id) {
      const upper = containers.upper(id);
      try {
        if (whole) yield* packChanges(upper, await changes(id));
        else yield* packTree({ from: { directory: upper, name: Buffer.from('.') }, as: '', whiteouts: true });
      } finally {
        closeFd(upper);
      }
    },
  };
}

/** Works on the writable layer and what `open` has below it; closes all of it. */
async function withUpper<T>(
  containers: Containers,
  id: string,
  open: () => number[],
  work: (opened: number[]) => T | Promise<T>,
): Promise<T> {
  const opened = [containers.upper(id)];
  try {
    opened.push(...open());
    return await work(opened);
  } finally {
    opened.forEach(closeFd);
  }
}

/** Each layer's own tree, the topmost first. */
function trees(layers: Layers, keys: string[]): number[] {
  const opened: number[] = [];
  try {
    for (const key of new Set(keys.toReversed())) opened.push(layers.tree(key));
    return opened;
  } catch (error) {
    opened.forEach(closeFd);
    throw error;
  }
}

/** All of a stack as one tree, open for reading; none of an empty one. */
function merged(layers: Layers, keys: string[]): number[] {
  return keys.length === 0 ? [] : [usingFd(layers.view(keys), (fd) => openDirectoryAt(fd, '.'))];
}
