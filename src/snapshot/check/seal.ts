import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { closeFd, openDirectory, openIn, readLinkAt, syscall, usingFd, xattrsAt } from '../../host/index.ts';
import { isWhiteout } from '../pack/entry-head.ts';
import { type TreeEntry, treeEntries } from '../pack/tree-entries.ts';

const atOnce = 256;

/**
 * One digest of all that a tree is: names, kinds, owners, modes, sizes, attributes, links, the times of files (a whiteout, and a
 * directory that its tar does not list, have none that mean anything), and with `contents` every byte of its files.
 */
export async function sealOf(path: string, of: { contents: boolean }): Promise<string> {
  const hash = createHash('sha256');
  const root = usingFd(openDirectory(path), (fd) => openIn(fd, '.', constants.O_RDONLY | constants.O_DIRECTORY));
  try {
    let count = 0;
    for (const entry of treeEntries({ directory: root, name: Buffer.from('.') })) {
      hash.update(described(entry));
      if (of.contents && entry.status.kind === 'file') await addContents(hash, entry);
      if (++count % atOnce === 0) await new Promise(setImmediate);
    }
    return hash.digest('hex');
  } finally {
    closeFd(root);
  }
}

function described({ path, spot, status }: TreeEntry): string {
  const { kind, mode, uid, gid, node, modified, links } = status;
  const text = kind === 'symlink' ? readLinkAt(spot.directory, spot.name).toString('latin1') : '';
  const xattrs = [...xattrsAt(spot.directory, spot.name)]
    .filter(([name]) => name !== 'security.selinux')
    .map(([name, value]) => [name, value.toString('latin1')])
    .toSorted();
  const size = kind === 'directory' ? 0 : status.size;
  const count = kind === 'directory' ? 0 : links;
  const time = kind === 'directory' || isWhiteout(status) ? [] : [modified.seconds, modified.nanoseconds];
  return JSON.stringify([path, kind, mode, uid, gid, size, count, node, time, text, xattrs]);
}

async function addContents(hash: Hash, { spot }: TreeEntry): Promise<void> {
  const fd = openIn(spot.directory, spot.name, constants.O_RDONLY | constants.O_NOFOLLOW, { noSymlinks: true });
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(1 << 18);
      const count = syscall('read', fd, bytes, bytes.length);
      if (count === 0) return;
      hash.update(bytes.subarray(0, count));
      if (count === bytes.length) await new Promise(setImmediate);
    }
  } finally {
    closeFd(fd);
  }
}
