import { constants } from 'node:fs';
import { callOn, cstring, type Path } from './file-path.ts';
import { type FileStatus, statusOf } from './file-status.ts';
import { closeFd } from './files.ts';
import { syscall } from './syscall.ts';

const O_CLOEXEC = 0o2000000;

/** Opens a directory in a directory, following no symlink. The caller closes the fd. */
export function openDirectoryAt(directory: number, name: Path): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;
  return callOn('openat', name, directory, cstring(name), flags, 0);
}

/** The names in a directory that is open for reading, without `.` and `..`, as bytes. */
export function namesIn(directory: number): Buffer[] {
  const names: Buffer[] = [];
  const buffer = Buffer.alloc(32768);
  syscall('lseek', directory, 0, 0);
  for (;;) {
    const length = syscall('getdents64', directory, buffer, buffer.length);
    if (length === 0) return names;
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + 16)) {
      const end = buffer.indexOf(0, at + 19);
      const name = Buffer.from(buffer.subarray(at + 19, end));
      if (!isDots(name)) names.push(name);
    }
  }
}

function isDots(name: Buffer): boolean {
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
}

export interface WalkEntry {
  /** The directory the file is in, open while the entry is handled. */
  parent: number;
  name: Buffer;
  /** Relative to where the walk began. */
  path: Buffer;
  status: FileStatus;
}

/**
 * Every file below an open directory, depth first, a directory before what is in it. No symlink is followed, and what
 * vanishes meanwhile is left out. Lets other work run between directories.
 */
export async function* walk(directory: number): AsyncGenerator<WalkEntry> {
  const top = { fd: directory, path: Buffer.alloc(0) as Buffer, names: namesIn(directory) };
  const stack = [top];
  try {
    for (let at = stack.at(-1); at; at = stack.at(-1)) {
      const name = at.names.pop();
      if (!name) {
        stack.pop();
        if (at !== top) closeFd(at.fd);
        await new Promise(setImmediate);
        continue;
      }
      const { fd } = at;
      const status = attempt(() => statusOf(fd, name));
      if (!status) continue;
      const path = at.path.length === 0 ? name : Buffer.concat([at.path, Buffer.from('/'), name]);
      yield { parent: fd, name, path, status };
      const below = status.kind === 'directory' ? attempt(() => openDirectoryAt(fd, name)) : undefined;
      if (below !== undefined) stack.push({ fd: below, path, names: namesIn(below) });
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
