import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ignoreMatcher, parseIgnore } from '../../api/ignore/index.ts';
import {
  closeFd,
  openDirectory,
  openDirectoryAt,
  readFileIn,
  removeAt,
  tryStatusOf,
  usingFd,
} from '../../host/index.ts';
import { decompressed } from '../../image/index.ts';
import { newId } from '../../kit/index.ts';
import type { Files, ReceivedFiles } from '../contract.ts';
import { unpackTar } from '../copy/archive.ts';
import { baseOf, byteString, bytesOf, parentOf, realPath, within } from '../copy/paths.ts';

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
): Promise<ReceivedFiles> {
  const files = scratchFiles(directory);
  try {
    const target = { root: files.root, dest: '', owner: root, time: undefined, signal };
    await unpackTar(decompressed(archive), target);
    return received(files);
  } catch (error) {
    files.close();
    throw error;
  }
}

/** Such files with what their own ignore file says. */
export function received(files: Files): ReceivedFiles {
  return {
    root: files.root,
    close: () => files.close(),
    ignored(paths) {
      const text = readFileIn(files.root, '.dockerignore')?.toString() ?? '';
      const matcher = ignoreMatcher(parseIgnore(text));
      return paths.filter((path) => matcher.ignores(path));
    },
    remove(path) {
      const real = realPath(files.root, byteString(path), false);
      within(files.root, parentOf(real), (fd) => {
        if (tryStatusOf(fd, bytesOf(baseOf(real)))) removeAt(fd, bytesOf(baseOf(real)), 'file');
      });
    },
  };
}
