import { chmodAt, chownAt, makeDirectoryAt, SystemError } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { hostId } from '../../snapshot/index.ts';
import { type Located, locate } from './locate.ts';
import type { FileTree } from './tree.ts';

const EROFS = 30;

export const joined = (one: string, other: string): string => [one, other].filter(Boolean).join('/');

/** The directory of a path, '' for the root, and the name in it. */
export function parted(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { directory: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

interface Wanted {
  /** A directory that is there. */
  into: string;
  /** The one that is meant, below it. */
  path: string;
  /** Of what is made; root's without it. */
  owner?: { uid: number; gid: number };
}

/** A directory, open; what is missing of it below `into` is made, 0755. What cannot be is a SystemError. */
export function openOrMake(tree: FileTree, { into, path, owner }: Wanted): Located {
  const full = joined(into, path);
  try {
    return locate(tree, full, { follow: true });
  } catch (error) {
    if (path === '' || !(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
  }
  const { directory, name } = parted(path);
  const parent = openOrMake(tree, { into, path: directory, ...(owner && { owner }) });
  try {
    if (parent.readOnly) throw new SystemError('mkdir', EROFS, path);
    const bytes = Buffer.from(name, 'latin1');
    makeDirectoryAt(parent.fd, bytes, 0o755);
    // mkdir(2) heeds the umask.
    chmodAt(parent.fd, bytes, 0o755);
    if (owner || tree.ids) chownAt(parent.fd, bytes, onHost(tree, owner ?? { uid: 0, gid: 0 }));
  } finally {
    parent.close();
  }
  return locate(tree, full, { follow: true });
}

/** The ids that stand for the container's; what it has none for is refused, as a program in it could not give it away either. */
export function onHost<T extends { uid: number; gid: number }>({ ids }: FileTree, entry: T): T {
  if (!ids) return entry;
  const [uid, gid] = [hostId(ids.uids, entry.uid), hostId(ids.gids, entry.gid)];
  if (uid === undefined || gid === undefined) {
    throw new EngineError(
      'internal',
      `container ID ${uid === undefined ? entry.uid : entry.gid} cannot be mapped to a host ID`,
    );
  }
  return { ...entry, uid, gid };
}
