import { constants } from 'node:fs';
import {
  chownAt,
  closeFd,
  type FileStatus,
  openDirectory,
  openIn,
  SystemError,
  statIn,
  usingFd,
} from '../../host/index.ts';
import { joined, onHost, openOrMake, parted } from './directories.ts';
import type { FileTree } from './tree.ts';

/** What says that a mount has no place and cannot get one: something else is there, or nothing may be made. */
const impossible = ['EEXIST', 'ENOTDIR', 'ELOOP', 'EROFS'];

/** Makes a mount's place in a tree, as its start would, and says where it is without symlinks; undefined where there can be none. */
export function makePlace(tree: FileTree, path: string, kind: 'directory' | 'file'): string | undefined {
  try {
    return kind === 'directory' ? makeDirectory(tree, path) : makeFile(tree, path);
  } catch (error) {
    if (error instanceof SystemError && impossible.includes(error.code)) return undefined;
    throw error;
  }
}

function makeDirectory(tree: FileTree, path: string): string {
  const found = openOrMake(tree, { into: '', path });
  found.close();
  return found.path;
}

function makeFile(tree: FileTree, path: string): string | undefined {
  const { directory, name } = parted(path);
  const parent = openOrMake(tree, { into: '', path: directory });
  try {
    if (parent.readOnly) return undefined;
    const bytes = Buffer.from(name, 'latin1');
    closeFd(openIn(parent.fd, bytes, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, { mode: 0o644 }));
    if (tree.ids) chownAt(parent.fd, bytes, onHost(tree, { uid: 0, gid: 0 }));
    return joined(parent.path, name);
  } finally {
    parent.close();
  }
}

/** Whether what is mounted somewhere is that file of the host's. */
export function isSource({ mountRoot, inode, device }: FileStatus, source: string): boolean {
  if (!mountRoot) return false;
  const meant = usingFd(openDirectory('/'), (root) => statIn(root, source));
  return meant?.inode === inode && String(meant.device) === String(device);
}
