import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  closeFd,
  type FileStatus,
  namesIn,
  openDirectoryAt,
  openIn,
  readAside,
  readLinkAt,
  syscall,
  tryStatusOf,
  usingFd,
  xattrsAt,
} from '../../host/index.ts';
import { createHasher, type Hasher } from '../../kit/index.ts';
import type { Place } from './copier.ts';

/** Remembers what files contain, by inode, size and time of change. */
export interface Digests {
  /** At once where it is known or the file is small. */
  of(place: Place, status: FileStatus, signal: AbortSignal): string | Promise<string>;
}

const MOST_REMEMBERED = 500_000;
/** A file up to this is hashed at once; more is read and hashed in threads, so that nobody else waits for it. */
const small = 1 << 20;

export function createDigests(): Digests {
  const known = new Map<string, string>();
  const hasher = createHasher();
  function remember(key: string, digest: string): string {
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(key, digest);
    return digest;
  }
  return {
    of(place, status, signal) {
      const { inode, device, size, changed } = status;
      // Not by the time of modification: whoever packs a context sets it, often the same for all that it ever packs.
      const key = `${device.join(':')}:${inode}:${size}:${changed.seconds}.${changed.nanoseconds}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      if (size <= small) return remember(key, usingFd(openFile(place), digestAtOnce));
      return digestAside(place, hasher, signal).then((digest) => remember(key, digest));
    },
  };
}

function openFile({ directory, name }: Place): number {
  return openIn(directory, name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW, {
    noSymlinks: true,
  });
}

function digestAtOnce(fd: number): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(64 << 10);
  for (;;) {
    const length = syscall('read', fd, buffer, buffer.length);
    if (length === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, length));
  }
}

async function digestAside(place: Place, hasher: Hasher, signal: AbortSignal): Promise<string> {
  const fd = openFile(place);
  const hashing = hasher.begin();
  try {
    const buffer = Buffer.allocUnsafe(small);
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const length = await readAside(fd, buffer, at);
      if (length === 0) return await hashing.digest();
      await hashing.update(buffer.subarray(0, length));
      at += length;
    }
  } catch (error) {
    hashing.close();
    throw error;
  } finally {
    closeFd(fd);
  }
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
  const content = status.kind === 'file' ? walk.digests.of(place, status, walk.signal) : '';
  const head = headOf(walk, { place, status, content: typeof content === 'string' ? content : await content });
  walk.hash.update(`${path}\0${head}\n`, 'latin1');
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

function headOf(walk: Walk, { place, status, content }: { place: Place; status: FileStatus; content: string }): string {
  const { kind, mode, uid, gid, size, node } = status;
  const parts: (string | number)[] = [kind, kind === 'symlink' ? 0 : mode];
  if (walk.owners) parts.push(uid, gid);
  if (kind === 'file') parts.push(size, content);
  if (kind === 'symlink') parts.push(readLinkAt(place.directory, place.name).toString('latin1'));
  if (kind === 'char' || kind === 'block') parts.push(...node);
  for (const [name, value] of xattrsAt(place.directory, place.name)) {
    if (!name.startsWith('trusted.')) parts.push(name, value.toString('hex'));
  }
  return parts.join('\0');
}
