import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closeFd, openDirectory, setTimesAt, tryStatusOf, usingFd } from '../../host/index.ts';
import { explainSystemError } from '../../kit/index.ts';
import { chainIds } from '../../oci/index.ts';
import type { Driver } from '../driver/driver.ts';
import { addInitPlaces, topTree } from '../driver/whole-trees.ts';
import type { Discard } from '../places/discard.ts';
import { type Layout, scratchIn } from '../places/layout.ts';
import { attributesAt, setAttributes } from '../unpack/attributes.ts';
import { directories, files, symlinks } from './init-places.ts';
import { keyOf, type Layers } from './layers.ts';

/**
 * The layer of the engine's own mount points on a stack of layers (lowest first, and their keys): made at its first use,
 * one for all containers of the stack. Returns its key.
 */
export function createInitLayers(at: { layout: Layout; layers: Layers; discard: Discard; driver: Driver }) {
  const { layout, layers, discard, driver } = at;
  return async (diffIds: string[], keys: string[]): Promise<string> => {
    const key = `${keyOf(chainIds(diffIds).at(-1) ?? 'scratch')}-init`;
    if (layers.keys().includes(key)) return key;
    const directory = scratchIn(layout, layout.incoming);
    const below = keys.length > 0 && !driver.whole ? layers.view(keys) : undefined;
    try {
      mkdirSync(directory);
      if (driver.whole) await fillWhole(at, join(directory, 'diff'), keys);
      else fill(join(directory, 'diff'), below);
      // Somebody else may have made it meanwhile.
      if (layers.keys().includes(key)) {
        discard(directory);
        return key;
      }
      const on = keys.at(-1);
      layers.enter(directory, key, { diffId: '', size: 0, listsRoot: false, ...(on !== undefined && { on }) });
    } catch (error) {
      discard(directory);
      throw explainSystemError(error);
    } finally {
      if (below !== undefined) closeFd(below);
    }
    return key;
  };
}

async function fillWhole({ layout, driver }: { layout: Layout; driver: Driver }, diff: string, keys: string[]) {
  const below = topTree(layout.layers, keys);
  if (below === undefined) driver.make(diff);
  else await driver.clone(below, diff);
  addInitPlaces(diff);
}

function fill(diff: string, below: number | undefined): void {
  mkdirSync(diff, { recursive: true, mode: 0o755 });
  for (const path of directories) makeLike(diff, path, below);
  for (const path of files) {
    writeFileSync(join(diff, path), '', { mode: 0o755 });
    chmodSync(join(diff, path), 0o755);
  }
  for (const [path, target] of symlinks) symlinkSync(target, join(diff, path));
  // An image's own directories keep their times.
  for (const path of directories) {
    const model = modelOf(path, below);
    if (model) usingFd(openDirectory(join(diff, path)), (fd) => setTimesAt(fd, '.', model.status.modified));
  }
}

/** A directory that the image has keeps owner, mode and attributes; whatever else has the name is hidden. */
function makeLike(diff: string, path: string, below: number | undefined): void {
  mkdirSync(join(diff, path), { mode: 0o755 });
  chmodSync(join(diff, path), 0o755);
  const model = modelOf(path, below);
  if (!model || below === undefined) return;
  usingFd(openDirectory(join(diff, path)), (fd) =>
    setAttributes(fd, '.', { ...attributesAt(below, path, model.status), symlink: false }),
  );
}

function modelOf(path: string, below: number | undefined) {
  if (below === undefined) return undefined;
  // A symlink on the way would lead out of the image.
  const parent = dirname(path);
  if (parent !== '.' && tryStatusOf(below, parent)?.kind !== 'directory') return undefined;
  const status = tryStatusOf(below, path);
  return status?.kind === 'directory' ? { status } : undefined;
}
