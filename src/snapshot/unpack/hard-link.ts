import { constants } from 'node:fs';
import {
  closeFd,
  linkAt,
  makeSymlinkAt,
  openIn,
  readLinkAt,
  SystemError,
  setTimesAt,
  statusOf,
  syscall,
  tryOpenIn,
  usingFd,
  writeFd,
} from '../../host/index.ts';
import { attributesAt, setAttributes } from './attributes.ts';
import { baseOf, bytesOf, joined, parentOf } from './entry-path.ts';
import type { Tree } from './tree.ts';

/**
 * Gives `target` (normalised) a second name. A target that only a layer below has is first copied up under its own name, so
 * that both are one file as the archive says.
 */
export async function makeHardLink(
  at: { root: number; tree: Tree; below: () => Promise<number | undefined> },
  target: string,
  name: { directory: string; base: string },
): Promise<void> {
  if (!isThere(at.root, target)) await copyUp(at, target);
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  usingFd(openIn(at.root, bytesOf(parentOf(target) || '.'), flags), (fd) => {
    linkAt(fd, bytesOf(baseOf(target)), { directory: at.tree.open(name.directory), name: bytesOf(name.base) });
  });
}

/** A whiteout under that name is nothing one could link to. */
function isThere(root: number, path: string): boolean {
  const fd = tryOpenIn(root, bytesOf(parentOf(path) || '.'), constants.O_RDONLY | constants.O_DIRECTORY);
  if (fd === undefined) return false;
  return usingFd(fd, () => {
    const status = statusOrUndefined(fd, baseOf(path));
    return status !== undefined && !(status.kind === 'char' && status.node[0] === 0 && status.node[1] === 0);
  });
}

async function copyUp(at: { tree: Tree; below: () => Promise<number | undefined> }, path: string): Promise<void> {
  const view = await at.below();
  const missing = new SystemError('link', 2, `/${path}`);
  if (view === undefined) throw missing;
  const directory = await at.tree.directory(parentOf(path));
  const real = joined(directory, baseOf(path));
  const source = tryOpenIn(view, bytesOf(directory || '.'), constants.O_RDONLY | constants.O_DIRECTORY);
  if (source === undefined) throw missing;
  try {
    copyEntry({ source, target: at.tree.open(directory), name: baseOf(real), missing });
  } finally {
    closeFd(source);
  }
}

function copyEntry(at: { source: number; target: number; name: string; missing: SystemError }): void {
  const { source, target, name } = at;
  const status = statusOrUndefined(source, name);
  if (!status) throw at.missing;
  if (status.kind === 'file') copyFile(source, target, name);
  else if (status.kind === 'symlink') makeSymlinkAt(target, bytesOf(name), readLinkAt(source, bytesOf(name)));
  else throw new SystemError('link', 1, name);
  setAttributes(target, name, { ...attributesAt(source, name, status), symlink: status.kind === 'symlink' });
  setTimesAt(target, bytesOf(name), status.modified);
}

function copyFile(source: number, target: number, name: string): void {
  const bytes = bytesOf(name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const from = openIn(source, bytes, constants.O_RDONLY, { noSymlinks: true });
  usingFd(from, () =>
    usingFd(openIn(target, bytes, flags, { mode: 0o600, noSymlinks: true }), (to) => {
      const buffer = Buffer.allocUnsafe(1 << 18);
      for (;;) {
        const length = syscall('read', from, buffer, buffer.length);
        if (length === 0) return;
        writeFd(to, buffer.subarray(0, length));
      }
    }),
  );
}

function statusOrUndefined(directory: number, name: string) {
  try {
    return statusOf(directory, bytesOf(name));
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
