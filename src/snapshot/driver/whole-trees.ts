import { constants } from 'node:fs';
import { join } from 'node:path';
import {
  cloneMount,
  makeDirectoryAt,
  makeSymlinkAt,
  openDirectory,
  openIn,
  setMountAttributes,
  tryOpenIn,
  tryStatusOf,
  usingFd,
} from '../../host/index.ts';
import type { Change } from '../contract.ts';
import { directories, files, symlinks } from '../layers/init-places.ts';
import { whiteoutHead } from '../pack/entry-head.ts';
import { packTree } from '../pack/pack-tree.ts';

const MOUNT_ATTR_RDONLY = 1;
const MS_PRIVATE = 1 << 18;

/** A tree as a detached mount; the caller closes the fd. */
export function mountTree(path: string, { readOnly }: { readOnly: boolean }): number {
  const fd = cloneMount(path, { recursive: false });
  setMountAttributes(fd, { set: readOnly ? MOUNT_ATTR_RDONLY : 0, propagation: MS_PRIVATE });
  return fd;
}

/** Makes the engine's mount points in a tree that has all of an image; what is there stays. */
export function addInitPlaces(path: string): void {
  usingFd(openDirectory(path), (root) => {
    for (const directory of directories) within(root, directory, (fd, name) => makeDirectoryAt(fd, name, 0o755));
    for (const file of files) {
      within(root, file, (fd, name) => {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
        usingFd(openIn(fd, name, flags, { mode: 0o755, noSymlinks: true }), () => undefined);
      });
    }
    for (const [link, text] of symlinks) within(root, link, (fd, name) => makeSymlinkAt(fd, name, text));
  });
}

/** Does it in the directory of `path` where the name is free; no symlink leads out of the root. */
function within(root: number, path: string, make: (directory: number, name: string) => void): void {
  const at = path.lastIndexOf('/');
  const parent = tryOpenIn(root, at < 0 ? '.' : path.slice(0, at), constants.O_RDONLY | constants.O_DIRECTORY);
  if (parent === undefined) return;
  const name = path.slice(at + 1);
  usingFd(parent, (fd) => {
    if (!tryStatusOf(fd, name)) make(fd, name);
  });
}

/** The tar of a layer that makes these changes; `upper` is the tree that has them. */
export async function* packChanges(upper: number, changes: Change[]): AsyncGenerator<Uint8Array> {
  const zero = { seconds: 0, nanoseconds: 0 };
  for (const { path, kind } of changes) {
    if (kind !== 'deleted') continue;
    const name = Buffer.from(path.slice(1)).toString('latin1');
    yield whiteoutHead(name, { uid: 0, gid: 0, modified: zero });
  }
  const kept = new Set(changes.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path));
  const isKept = (path: string): boolean => path === '' || kept.has(`/${Buffer.from(path, 'latin1').toString()}`);
  yield* packTree({
    from: { directory: upper, name: Buffer.from('.') },
    as: '',
    instead: (path) => (isKept(path) ? undefined : 'absent'),
  });
}

/** Where the whole tree of a stack (keys, lowest first) lies; undefined for an empty stack. */
export function topTree(layers: string, keys: string[]): string | undefined {
  const top = keys.at(-1);
  return top === undefined ? undefined : join(layers, top, 'diff');
}

/** Bytes of the files that were added or changed. */
export function sizeOfChanges(upper: number, changes: Change[]): number {
  let size = 0;
  for (const { path, kind } of changes) {
    if (kind === 'deleted') continue;
    const at = path.lastIndexOf('/');
    const parent = tryOpenIn(upper, path.slice(1, at) || '.', constants.O_RDONLY | constants.O_DIRECTORY);
    if (parent === undefined) continue;
    const status = usingFd(parent, (fd) => tryStatusOf(fd, path.slice(at + 1)));
    if (status && status.kind !== 'directory') size += status.size;
  }
  return size;
}
