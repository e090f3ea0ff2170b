import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectory, openDirectoryAt, usingFd } from '../../host/index.ts';
import { decompressed } from '../../image/index.ts';
import { newId } from '../../kit/index.ts';
import type { Files } from '../contract.ts';
import { unpackTar } from '../copy/archive.ts';

/** Owners do not come along with a context: all is root's, as in BuildKit. */
const root = { uid: 0, gid: 0 };

/** A directory of the build's own, removed when it is closed. */
export function scratchFiles(directory: string): Files & { path: string } {
  const path = join(directory, newId());
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const fd = usingFd(openDirectory(path), (base) => openDirectoryAt(base, '.'));
  return {
    path,
    root: fd,
    close() {
      closeFd(fd);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A context that came as an archive, compressed or not. */
export async function filesOfTar(
  directory: string,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Files> {
  const files = scratchFiles(directory);
  try {
    const target = { root: files.root, dest: '', owner: root, time: undefined, signal };
    await unpackTar(decompressed(archive), target);
    return files;
  } catch (error) {
    files.close();
    throw error;
  }
}
