import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closeFd, openDirectory, setTimesAt, tryStatusOf, usingFd } from '../host/index.ts';
import { explainSystemError } from '../kit/index.ts';
import { chainIds } from '../oci/index.ts';
import type { Discard } from './discard.ts';
import { keyOf, type Layers } from './layers.ts';
import { type Layout, scratchIn } from './layout.ts';
import { attributesAt, setAttributes } from './unpack/attributes.ts';

// What Docker puts between an image and each of its containers, so that places for mounts are nobody's change.
const directories = ['dev', 'dev/pts', 'dev/shm', 'etc', 'proc', 'sys'];
const files = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];
const symlinks = [['etc/mtab', '/proc/mounts']] as const;

/**
 * The layer of the engine's own mount points on a stack of layers (lowest first, and their keys): made at its first use,
 * one for all containers of the stack. Returns its key.
 */
export function createInitLayers(layout: Layout, layers: Layers, discard: Discard) {
  return (diffIds: string[], keys: string[]): string => {
    const key = `${keyOf(chainIds(diffIds).at(-1) ?? 'scratch')}-init`;
    if (layers.keys().includes(key)) return key;
    const directory = scratchIn(layout, layout.incoming);
    const below = keys.length > 0 ? layers.view(keys) : undefined;
    try {
      fill(join(directory, 'diff'), below);
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
