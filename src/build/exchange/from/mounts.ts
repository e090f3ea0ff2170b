import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeFd, openDirectory, openDirectoryAt, usingFd } from '../../../host/index.ts';
import { decompressed } from '../../../image/index.ts';
import { crashpoint } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import { unpackTar } from '../../copy/archive.ts';
import type { CacheMount } from '../../language/index.ts';
import { cacheMountName, makeDirectory, recordOf } from '../../run/cache-mount.ts';
import type { Offers } from './offers.ts';

/** Makes a cache mount of what a place has of it, unless it is here; whether it is here now. */
export async function bringMount(
  context: Pick<Context, 'directories'>,
  { place, mounts }: Offers,
  { mount, signal }: { mount: CacheMount; signal: AbortSignal },
): Promise<boolean> {
  const name = cacheMountName(mount);
  const blob = mounts.get(name);
  if (blob === undefined) return false;
  const taken = await context.directories.take(name, 'locked');
  try {
    if (taken.record !== undefined) return true;
    const path = context.directories.path(taken.directory);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    makeDirectory(path, mount);
    const root = usingFd(openDirectory(path), (fd) => openDirectoryAt(fd, '.'));
    try {
      const target = { root, dest: '', owner: undefined, time: undefined, signal };
      await place.blob(blob, (bytes) => unpackTar(decompressed(checkedBytes(bytes, blob)), target));
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw error;
    } finally {
      closeFd(root);
    }
    crashpoint('build.mount.brought');
    taken.enter(recordOf(mount));
    return true;
  } finally {
    taken.release();
  }
}

/** Throws at the end of bytes that are not the digest's. */
async function* checkedBytes(bytes: AsyncIterable<Uint8Array>, digest: string): AsyncGenerator<Uint8Array> {
  const hash = new Bun.CryptoHasher('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Error(`the cache mount is not what ${digest} says`);
}
