import { chmodSync, chownSync } from 'node:fs';
import {
  closeFd,
  openDirectory,
  openDirectoryAt,
  removeXattrAt,
  setTimesAt,
  usingFd,
  walk,
  xattrsAt,
} from '../../host/index.ts';

/**
 * Makes of what was an upper directory what its archive unpacks to: times in whole seconds, the root directory as if nobody had told of
 * it, none of the kernel's notes of where files came from. Returns the bytes of the regular files, as Docker counts a layer; one with
 * several names counts once. A tree that is whole is left as it is.
 */
export async function settleTree(path: string, { whole }: { whole: boolean }): Promise<number> {
  if (!whole) {
    chownSync(path, 0, 0);
    chmodSync(path, 0o755);
  }
  const tree = usingFd(openDirectory(path), (fd) => openDirectoryAt(fd, '.'));
  const seen = new Set<bigint>();
  let size = 0;
  try {
    if (!whole) dropNotes(tree, Buffer.from('.'));
    for await (const { parent, name, status } of walk(tree)) {
      const { kind, modified, inode, links } = status;
      if (!whole && (kind === 'file' || kind === 'directory')) dropNotes(parent, name);
      if (!whole && modified.nanoseconds !== 0) setTimesAt(parent, name, { seconds: modified.seconds, nanoseconds: 0 });
      if (kind !== 'file' || seen.has(inode)) continue;
      if (links > 1) seen.add(inode);
      size += status.size;
    }
    return size;
  } finally {
    closeFd(tree);
  }
}

const prefix = 'trusted.overlay.';

function dropNotes(directory: number, name: Buffer): void {
  for (const xattr of xattrsAt(directory, name).keys()) {
    if (xattr.startsWith(prefix) && xattr !== `${prefix}opaque`) removeXattrAt(directory, name, xattr);
  }
}
