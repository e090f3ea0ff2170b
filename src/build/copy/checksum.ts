import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  closeFd,
  type FileStatus,
  namesIn,
  openDirectoryAt,
  openIn,
  readLinkAt,
  syscall,
  tryStatusOf,
  usingFd,
  xattrsAt,
} from '../../host/index.ts';
import type { Place } from './copier.ts';

/** Remembers what files contain, by inode, size and time of change. */
export interface Digests {
  of(place: Place, status: FileStatus): string;
}

const MOST_REMEMBERED = 500_000;

export function createDigests(): Digests {
  const known = new Map<string, string>();
  return {
    of(place, status) {
      const { inode, device, size, modified } = status;
      const key = `${device.join(':')}:${inode}:${size}:${modified.seconds}.${modified.nanoseconds}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const digest = contents(place);
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(key, digest);
      return digest;
    },
  };
}

function contents({ directory, name }: Place): string {
  const hash = createHash('sha256');
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  usingFd(openIn(directory, name, flags, { noSymlinks: true }), (fd) => {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const length = syscall('read', fd, buffer, buffer.length);
      if (length === 0) return;
      hash.update(buffer.subarray(0, length));
    }
  });
  return hash.digest('hex');
}

const atOnce = 512;

/**
 * The digest of a file, or of a directory with all below it: names, kinds, modes, owners, contents, links, attributes, but no times.
 * Where `looks` is false, neither owners count (they will be others).
 */
export async function checksum(
  place: Place,
  options: {
    digests: Digests;
    owners: boolean;
    excludes?: ((path: string) => boolean) | undefined;
    signal: AbortSignal;
  },
): Promise<string> {
  const hash = createHash('sha256');
  const walk = { ...options, hash, count: 0 };
  await addEntry(walk, place, '');
  return hash.digest('hex');
}

interface Walk {
  hash: Hash;
  digests: Digests;
  owners: boolean;
  excludes?: ((path: string) => boolean) | undefined;
  signal: AbortSignal;
  count: number;
}

async function addEntry(walk: Walk, place: Place, path: string): Promise<void> {
  if (++walk.count % atOnce === 0) {
    walk.signal.throwIfAborted();
    await new Promise(setImmediate);
  }
  const status = tryStatusOf(place.directory, place.name);
  if (!status) return;
  walk.hash.update(`${path}\0${headOf(walk, place, status)}\n`, 'latin1');
  if (status.kind !== 'directory') return;
  const fd = openDirectoryAt(place.directory, place.name);
  try {
    for (const name of namesIn(fd).toSorted(Buffer.compare)) {
      const text = name.toString('latin1');
      const below = path === '' ? text : `${path}/${text}`;
      if (walk.excludes?.(below)) continue;
      await addEntry(walk, { directory: fd, name }, below);
    }
  } finally {
    closeFd(fd);
  }
}

function headOf(walk: Walk, place: Place, status: FileStatus): string {
  const { kind, mode, uid, gid, size, node } = status;
  const parts: (string | number)[] = [kind, kind === 'symlink' ? 0 : mode];
  if (walk.owners) parts.push(uid, gid);
  if (kind === 'file') parts.push(size, walk.digests.of(place, status));
  if (kind === 'symlink') parts.push(readLinkAt(place.directory, place.name).toString('latin1'));
  if (kind === 'char' || kind === 'block') parts.push(...node);
  for (const [name, value] of xattrsAt(place.directory, place.name)) {
    if (!name.startsWith('trusted.')) parts.push(name, value.toString('hex'));
  }
  return parts.join('\0');
}
