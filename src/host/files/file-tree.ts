import { constants } from 'node:fs';
import { syscall } from '../calls/syscall.ts';
import { callOn, cstring, type Path } from './file-path.ts';
import { type FileStatus, statusOf } from './file-status.ts';
import { closeFd, openDirectory, openIn, usingFd } from './files.ts';

const O_CLOEXEC = 0o2000000;
const DT_UNKNOWN = 0;
const DT_DIR = 4;

/** Opens a directory in a directory, following no symlink. The caller closes the fd. */
export function openDirectoryAt(directory: number, name: Path): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;
  return callOn('openat', name, directory, cstring(name), flags, 0);
}

/** The same, or undefined where no such directory is. */
export function tryOpenDirectoryAt(directory: number, name: Path): number | undefined {
  return attempt(() => openDirectoryAt(directory, name));
}

/** The names in a directory that is open for reading, without `.` and `..`, as bytes. */
export function namesIn(directory: number): Buffer[] {
  return entriesIn(directory).map((entry) => entry.name);
}

/** The names of those that are directories themselves. */
export function directoriesIn(directory: number): Buffer[] {
  return entriesIn(directory)
    .filter(({ name, type }) => type === DT_DIR || (type === DT_UNKNOWN && isDirectory(directory, name)))
    .map((entry) => entry.name);
}

function isDirectory(directory: number, name: Buffer): boolean {
  return attempt(() => statusOf(directory, name))?.kind === 'directory';
}

interface Listed {
  name: Buffer;
  type: number;
}

function entriesIn(directory: number): Listed[] {
  const entries: Listed[] = [];
  list(directory, (bytes, at, end) => entries.push({ name: bytes.subarray(at, end), type: bytes.readUInt8(at - 1) }));
  return entries;
}

/** The same names as byte strings, each with its bytes as the kernel reads them: with a NUL at the end. */
export function wordsIn(directory: number): Map<string, Buffer> {
  const words = new Map<string, Buffer>();
  list(directory, (bytes, at, end) => words.set(bytes.toString('latin1', at, end), bytes.subarray(at, end + 1)));
  return words;
}

/** What the kernel writes names into; it is copied before anybody else asks. */
const listing = Buffer.alloc(32768);

/** Tells of each name but `.` and `..` where it lies in bytes that nobody changes any more. */
function list(directory: number, tell: (bytes: Buffer, at: number, end: number) => void): void {
  syscall('lseek', directory, 0, 0);
  for (;;) {
    const length = syscall('getdents64', directory, listing, listing.length);
    if (length === 0) return;
    const bytes = Buffer.from(listing.subarray(0, length));
    for (let at = 0; at < length; at += bytes.readUInt16LE(at + 16)) {
      const [start, end] = [at + 19, bytes.indexOf(0, at + 19)];
      if (!isDots(bytes, start, end)) tell(bytes, start, end);
    }
  }
}

function isDots(bytes: Buffer, at: number, end: number): boolean {
  return bytes[at] === 0x2e && (end === at + 1 || (end === at + 2 && bytes[at + 1] === 0x2e));
}

export interface WalkEntry {
  /** The directory the file is in, open while the entry is handled. */
  parent: number;
  name: Buffer;
  status: FileStatus;
}

/** So many files are handled until other work has its turn, and all of the directory. */
const atOnce = 100;

/**
 * Every file below an open directory, depth first, a directory before what is in it. No symlink is followed, and what
 * vanishes meanwhile is left out. Lets other work run now and then.
 */
export async function* walk(directory: number): AsyncGenerator<WalkEntry> {
  const top = { fd: directory, names: namesIn(directory) };
  const stack = [top];
  let handled = 0;
  try {
    for (let at = stack.at(-1); at; at = stack.at(-1)) {
      const name = at.names.pop();
      if (!name) {
        stack.pop();
        if (at !== top) closeFd(at.fd);
        if (handled > atOnce) {
          handled = 0;
          await new Promise(setImmediate);
        }
        continue;
      }
      const { fd } = at;
      const status = attempt(() => statusOf(fd, name));
      if (!status) continue;
      handled++;
      yield { parent: fd, name, status };
      const below = status.kind === 'directory' ? attempt(() => openDirectoryAt(fd, name)) : undefined;
      if (below !== undefined) stack.push({ fd: below, names: namesIn(below) });
    }
  } finally {
    for (const { fd } of stack) if (fd !== directory) closeFd(fd);
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** The bytes of all files below a directory, one with several names counted once; nothing outside is followed into. */
export async function treeSize(path: string): Promise<number> {
  const root = usingFd(openDirectory(path), (fd) => openIn(fd, '.', constants.O_RDONLY | constants.O_DIRECTORY));
  try {
    const seen = new Set<bigint>();
    let size = 0;
    for await (const { status } of walk(root)) {
      if (status.kind === 'directory' || (status.links > 1 && seen.has(status.inode))) continue;
      if (status.links > 1) seen.add(status.inode);
      size += status.size;
    }
    return size;
  } finally {
    closeFd(root);
  }
}
