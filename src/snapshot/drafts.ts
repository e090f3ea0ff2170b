import { randomBytes } from 'node:crypto';
import { existsSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectoryAt, usingFd } from '../host/index.ts';
import { crashpoint, explainSystemError } from '../kit/index.ts';
import { readChanges } from './changes/changes.ts';
import { ownFiles } from './containers/container-mounts.ts';
import type { Containers } from './containers/contract.ts';
import type { Snapshots } from './contract.ts';
import type { Driver } from './driver/driver.ts';
import { packChanges } from './driver/whole-trees.ts';
import { settleTree } from './layers/draft-tree.ts';
import { draftName, type Layers } from './layers/layers.ts';
import { packTree } from './pack/pack-tree.ts';
import type { Discard } from './places/discard.ts';
import type { Layout } from './places/layout.ts';

interface Places {
  layout: Layout;
  layers: Layers;
  containers: Containers;
  discard: Discard;
  driver: Driver;
}

/** Layers that come from writable ones, not from an archive: they have a name of their own until somebody knows their digest. */
export function createDrafts(at: Places): Pick<Snapshots, 'keep' | 'packLayer' | 'packDifference' | 'nameLayer'> {
  const { layers } = at;
  return {
    keep: (id) => keep(at, id),
    nameLayer: (draft, stack) => layers.name(draft, stack),
    async *packDifference(stack, below) {
      const merged = [stack, below].map((one) => mergedTree(layers, one));
      try {
        const [upper, lower] = merged;
        if (upper !== undefined) yield* packChanges(upper, await readChanges(upper, listed(lower), { whole: true }));
      } finally {
        for (const fd of merged) if (fd !== undefined) closeFd(fd);
      }
    },
    async *packLayer(stack) {
      const key = layers.need(stack).at(-1) ?? '';
      const tree = layers.tree(key);
      try {
        if (at.driver.whole) yield* packWhole(at, tree, stack);
        else {
          const from = { directory: tree, name: Buffer.from('.') };
          yield* packTree({ from, as: '', whiteouts: true, reuse: true });
        }
      } finally {
        closeFd(tree);
      }
    },
  };
}

async function keep({ layout, layers, containers, discard, driver }: Places, id: string): Promise<string> {
  const key = randomBytes(16).toString('hex');
  const diffId = draftName(key);
  const home = containers.path(id);
  try {
    // What was the kernel's own beside the files; the rest becomes the layer where it lies.
    if (!removeEmptyWork(home)) discard(join(home, 'work'));
    crashpoint('snapshot.draft.bare');
    const size = await settleTree(join(home, 'diff'), driver);
    // As in an archive of it, the root directory itself is not told of.
    layers.enter(home, key, { diffId, size, listsRoot: false });
    // A kill before that leaves a file too many, which goes with the layer.
    for (const file of ownFiles) removeIfThere(join(layout.layers, key, file));
    return diffId;
  } catch (error) {
    throw explainSystemError(error);
  }
}

/** What an overlay leaves in its work directory where nothing went wrong. */
const workDirectories = ['work/work/incompat/volatile', 'work/work/incompat', 'work/work', 'work'];

function removeEmptyWork(home: string): boolean {
  try {
    for (const path of workDirectories) rmdirSync(join(home, path));
    return true;
  } catch {
    return false; // it has something else, or not all of that
  }
}

function removeIfThere(path: string): void {
  if (existsSync(path)) unlinkSync(path);
}

async function* packWhole({ layers }: Places, tree: number, stack: string[]): AsyncGenerator<Uint8Array> {
  const below = layers.need(stack).at(-2);
  const lower = below === undefined ? undefined : layers.tree(below);
  try {
    yield* packChanges(tree, await readChanges(tree, listed(lower), { whole: true }));
  } finally {
    if (lower !== undefined) closeFd(lower);
  }
}

const listed = (tree: number | undefined): number[] => (tree === undefined ? [] : [tree]);

/** The merged tree of a stack, open for reading. */
function mergedTree(layers: Layers, stack: string[]): number | undefined {
  if (stack.length === 0) return undefined;
  return usingFd(layers.view(layers.need(stack)), (fd) => openDirectoryAt(fd, '.'));
}
