import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { closeFd, openDirectory, openDirectoryAt, usingFd } from '../../host/index.ts';
import type { Context } from '../context.ts';
import { copyTo } from '../copy/copier.ts';
import { placeIn } from '../copy/copy-step.ts';
import { byteString, cleaned } from '../copy/paths.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { CacheMount } from '../language/index.ts';

/** The directory of a cache mount for the time of a step: one for all that name it, one after another, or one of its own. */
export async function cacheMount(
  context: Context,
  mount: CacheMount,
  { tree }: { tree: (work: (root: number) => Promise<void>) => Promise<void> },
): Promise<{ path: string; release: () => void }> {
  const place = await context.directories.take(cacheMountName(mount), mount.sharing);
  try {
    const path = join(context.directory, 'cache', place.directory);
    if (!place.record) {
      // What a failure left half.
      rmSync(path, { recursive: true, force: true });
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (isPart(mount)) await tree((root) => fill(root, mount, path));
      if (!existsSync(path)) {
        makeDirectory(path, mount);
        if (!isPart(mount)) await tree((root) => fill(root, mount, path));
      }
      place.enter(recordOf(mount));
    }
    return { path, release: place.release };
  } catch (error) {
    place.release();
    throw error;
  }
}

/** What the cache says of it. */
export function recordOf({ target, id }: CacheMount) {
  const description = `cached mount ${target} with id ${JSON.stringify(id)}`;
  return { type: 'exec.cachemount' as const, description, size: 0 };
}

/** It begins as a directory of what it is filled with, looks and all; otherwise it has looks of its own. */
const isPart = ({ source }: CacheMount): boolean => cleaned(source) !== '';

/** Makes its directory, empty. */
export function makeDirectory(path: string, { mode, uid, gid }: CacheMount): void {
  mkdirSync(path);
  chmodSync(path, mode);
  chownSync(path, uid, gid);
}

/** What its directory is called: alike for all that mean the same. As in BuildKit one with other looks is another. */
export function cacheMountName(mount: CacheMount): string {
  const { id, from, source, mode, uid, gid } = mount;
  const looks = `${mode.toString(8)} ${uid} ${gid}`;
  const own = isPart(mount) || looks === '755 0 0' ? [] : [looks];
  return digestOfParts([id, from.kind === 'stage' ? from.stage.id : from.kind, source, ...own]).slice(7, 39);
}

async function fill(root: number, mount: CacheMount, path: string): Promise<void> {
  const from = placeIn(root, byteString(mount.source));
  const parent = usingFd(openDirectory(dirname(path)), (fd) => openDirectoryAt(fd, '.'));
  try {
    const to = { directory: parent, name: Buffer.from(basename(path)) };
    await copyTo(from, to, { signal: new AbortController().signal });
  } finally {
    closeFd(parent);
    from.close();
  }
}
