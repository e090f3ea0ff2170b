import { closeFd, openDirectoryAt, usingFd } from '../host/index.ts';
import { readChanges } from './changes.ts';
import type { Containers } from './containers.ts';
import type { Change, Snapshots } from './contract.ts';
import { packChanges } from './driver/whole-trees.ts';
import type { Layers } from './layers.ts';
import { packTree } from './pack/pack-tree.ts';

/** What a container's writable layer makes of its image, from the upper directory as it lies on the disk. */
export function createDifferences(
  layers: Layers,
  containers: Containers,
  { whole }: { whole: boolean },
): Pick<Snapshots, 'view' | 'viewImage' | 'changes' | 'diff'> {
  async function changes(id: string): Promise<Change[]> {
    const lower = readableView(layers, containers.keys(id));
    const upper = containers.upper(id);
    try {
      return await readChanges(upper, lower, { whole });
    } finally {
      closeFd(upper);
      if (lower !== undefined) closeFd(lower);
    }
  }

  return {
    view: containers.view,
    viewImage: (stack) => layers.mount(layers.need(stack)),
    changes,
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

/** The merged tree of a stack, open for reading; undefined for an empty stack. */
function readableView(layers: Layers, keys: string[]): number | undefined {
  if (keys.length === 0) return undefined;
  return usingFd(layers.view(keys), (fd) => openDirectoryAt(fd, '.'));
}
