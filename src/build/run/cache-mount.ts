import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectory, openDirectoryAt, usingFd } from '../../host/index.ts';
import type { Context } from '../context.ts';
import { copyTo } from '../copy/copier.ts';
import { placeIn } from '../copy/copy-step.ts';
import { byteString } from '../copy/paths.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { CacheMount } from '../language/index.ts';

/** The directory of a cache mount for the time of a step: one for all that name it, one after another, or one of its own. */
export async function cacheMount(
  context: Context,
  mount: CacheMount,
  { tree }: { tree: (work: (root: number) => Promise<void>) => Promise<void> },
): Promise<{ path: string; release: () => void }> {
  const place = await context.mounts.take(cacheMountName(mount), mount.sharing);
  try {
    const path = join(context.directory, 'cache', place.directory);
    if (!place.record) {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      chmodSync(path, mount.mode);
      chownSync(path, mount.uid, mount.gid);
      await tree((root) => fill(root, mount, path));
      place.enter(mount);
    }
    return { path, release: place.release };
  } catch (error) {
    place.release();
    throw error;
  }
}

/** What its directory is called: alike for all that mean the same. */
export function cacheMountName({ id, from, source }: CacheMount): string {
  return digestOfParts([id, from.kind === 'stage' ? from.stage.id : from.kind, source]).slice(7, 39);
}

async function fill(root: number, mount: CacheMount, path: string): Promise<void> {
  const from = placeIn(root, byteString(mount.source));
  const to = usingFd(openDirectory(path), (fd) => openDirectoryAt(fd, '.'));
  try {
    await copyTo(from, { directory: to, name: Buffer.from('.') }, { signal: new AbortController().signal });
  } finally {
    closeFd(to);
    from.close();
  }
}
