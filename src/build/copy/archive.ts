import { constants, createReadStream } from 'node:fs';
import {
  type FileTime,
  linkAt,
  makeDirectoryAt,
  openIn,
  removeAt,
  setTimesAt,
  statusOf,
  syscall,
  tryStatusOf,
  usingFd,
} from '../../host/index.ts';
import { decompressed } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import { readTar, type TarEntry } from '../../oci/index.ts';
import { makeEntry, setAttributes } from '../../snapshot/index.ts';
import { ensureDirectory } from './directories.ts';
import type { Owner } from './owner.ts';
import { baseOf, bytesOf, cleaned, joined, openReal, parentOf, realPath, statusAt } from './paths.ts';

export interface UnpackTarget {
  root: number;
  /** A byte string. */
  dest: string;
  /** Everything's owner, instead of what the archive says. */
  owner: Owner | undefined;
  time: FileTime | undefined;
  signal: AbortSignal;
}

const magic: [offset: number, bytes: number[]][] = [
  [0, [0x1f, 0x8b]],
  [0, [0x42, 0x5a, 0x68]],
  [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  [0, [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Unpacks a file that is an archive, compressed or not, into a directory; false if it is none. */
export async function unpackArchive(archive: { root: number; path: string }, target: UnpackTarget): Promise<boolean> {
  const fd = openIn(archive.root, bytesOf(archive.path), constants.O_RDONLY, { noSymlinks: true });
  return usingArchive(fd, target);
}

async function usingArchive(fd: number, target: UnpackTarget): Promise<boolean> {
  const bytes = () => createReadStream('', { fd, start: 0, autoClose: false, highWaterMark: 1 << 20 });
  try {
    if (!(await isArchive(fd, bytes))) return false;
    const into = ensureDirectory(target.root, target.dest, { owner: target.owner, time: target.time });
    await unpackTar(decompressed(bytes()), { ...target, dest: into });
    return true;
  } finally {
    syscall('close', fd);
  }
}

/** A compressed file counts only if a tar is in it, as in BuildKit. */
async function isArchive(fd: number, bytes: () => AsyncIterable<Uint8Array>): Promise<boolean> {
  const head = Buffer.alloc(512);
  const length = syscall('pread64', fd, head, head.length, 0);
  const compressed = magic.some(([offset, expected]) => expected.every((byte, at) => head[offset + at] === byte));
  if (!compressed) return length === 512 && isTarHead(head);
  try {
    for await (const _ of readTar(decompressed(bytes()))) return true;
    return true;
  } catch {
    return false;
  }
}

function isTarHead(head: Buffer): boolean {
  const stored = Number.parseInt(
    head
      .toString('latin1', 148, 156)
      .replace(/[\0 ]+$/, '')
      .trim(),
    8,
  );
  let sum = 8 * 32;
  for (const [at, byte] of head.entries()) if (at < 148 || at >= 156) sum += byte;
  return stored === sum;
}

/**
 * Unpacks a tar into a directory (its real path) of a tree: nothing above that directory is touched, whatever the archive says. What is
 * there is replaced, but a directory by a directory.
 */
export async function unpackTar(tar: AsyncIterable<Uint8Array>, target: UnpackTarget): Promise<void> {
  const times = new Map<string, FileTime>();
  const base = openReal(target.root, target.dest);
  try {
    for await (const entry of readTar(tar)) {
      target.signal.throwIfAborted();
      await place(base, entry, { target, times });
    }
    for (const [path, time] of times) {
      const real = realPath(base, path, false);
      if (statusAt(base, real)?.kind === 'directory') usingFd(openReal(base, real), (fd) => setTimesAt(fd, '.', time));
    }
  } finally {
    syscall('close', base);
  }
}

async function place(
  base: number,
  entry: TarEntry,
  { target, times }: { target: UnpackTarget; times: Map<string, FileTime> },
): Promise<void> {
  const path = cleaned(entry.name);
  const own = { ...entry, ...target.owner, ...(target.time ? { modified: target.time } : {}) };
  if (path === '') {
    if (entry.type !== 'directory') return;
    setAttributes(base, '.', { ...own, symlink: false });
    times.set('', own.modified);
    return;
  }
  const parent = ensureDirectory(base, parentOf(path), { owner: target.owner, time: target.time });
  const name = baseOf(path);
  const directory = openReal(base, parent);
  try {
    await placeIn({ base, directory, name, path: joined(parent, name) }, own);
    if (entry.type === 'directory') times.set(joined(parent, name), own.modified);
  } finally {
    syscall('close', directory);
  }
}

async function placeIn(
  at: { base: number; directory: number; name: string; path: string },
  entry: TarEntry,
): Promise<void> {
  const { base, directory, name } = at;
  const there = tryStatusOf(directory, bytesOf(name));
  if (entry.type === 'directory') {
    if (there && there.kind !== 'directory') removeAt(directory, bytesOf(name), 'file');
    if (there?.kind !== 'directory') makeDirectoryAt(directory, bytesOf(name), 0o700);
    setAttributes(directory, name, { ...entry, symlink: false });
    return;
  }
  if (there?.kind === 'directory') {
    throw new EngineError('invalid', `cannot overwrite directory ${JSON.stringify(at.path)} with non-directory`);
  }
  if (there) removeAt(directory, bytesOf(name), 'file');
  if (entry.type !== 'link') return makeEntry(at, entry);
  const target = realPath(base, cleaned(entry.linkName), false);
  usingFd(openReal(base, parentOf(target)), (from) => {
    const source = bytesOf(baseOf(target));
    if (statusOf(from, source).kind === 'directory')
      throw new EngineError('invalid', `invalid hardlink ${JSON.stringify(entry.linkName)}`);
    linkAt(from, source, { directory, name: bytesOf(name) });
  });
}
