import { constants } from 'node:fs';
import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { cstring, type Path } from './file-path.ts';
import { type FileStatus, statusOf } from './file-status.ts';

export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;

const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;

const EAGAIN = 11;
/** While anybody on the machine renames or mounts anything the kernel cannot say that a `..` stayed within the root; a moment later it can. */
const mostTries = 256;

/** struct open_how: flags, mode and resolve, 64 bits each of which the lower 32 are used. Every call writes it anew. */
const how = new Uint32Array(6);

/** Opens a directory of the host by its path, only to stand for it (O_PATH). The caller closes the fd. */
export function openDirectory(path: string): number {
  const flags = O_PATH | constants.O_DIRECTORY | O_CLOEXEC;
  return syscall('openat', AT_FDCWD, path, flags, 0);
}

/**
 * Opens `path` as a process would whose root directory is `root`: `..` and absolute symlinks never lead out of it.
 * The caller closes the fd, which is O_CLOEXEC.
 */
export function openIn(
  root: number,
  path: Path,
  flags: number,
  options: { mode?: number; noSymlinks?: boolean } = {},
): number {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (options.noSymlinks ? RESOLVE_NO_SYMLINKS : 0);
  return openHow(root, path, { flags, mode: options.mode ?? 0, resolve });
}

/** Opens `path`, which must not lead out of the directory, neither by `..` nor by a symlink (EXDEV). The caller closes the fd, which is O_CLOEXEC. */
export function openBeneath(directory: number, path: Path, flags: number): number {
  return openHow(directory, path, { flags, mode: 0, resolve: RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS });
}

function openHow(
  at: number,
  path: Path,
  { flags, mode, resolve }: Record<'flags' | 'mode' | 'resolve', number>,
): number {
  how[0] = flags | O_CLOEXEC;
  how[2] = mode;
  how[4] = resolve;
  const name = cstring(path);
  let result = -EAGAIN;
  for (let tries = 0; result === -EAGAIN && tries < mostTries; tries++) {
    result = trySyscall('openat2', at, name, how, how.byteLength);
  }
  if (result < 0) throw new SystemError('openat2', -result, Buffer.from(path as string).toString());
  return result;
}

/** The same, or undefined where no such file is (ENOENT, ENOTDIR, ELOOP). */
export function tryOpenIn(root: number, path: Path, flags: number): number | undefined {
  try {
    return openIn(root, path, flags);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Closes an fd. */
export function closeFd(fd: number): void {
  syscall('close', fd);
}

/** Runs `work` with the fd and closes it after. */
export function usingFd<T>(fd: number, work: (fd: number) => T): T {
  try {
    return work(fd);
  } finally {
    closeFd(fd);
  }
}

/** What the open file is. */
export function statFd(fd: number): FileStatus {
  return statusOf(fd, '', true);
}

/** What `path` within `root` is, symlinks followed; undefined where nothing is. */
export function statIn(root: number, path: Path): FileStatus | undefined {
  const fd = tryOpenIn(root, path, O_PATH);
  return fd === undefined ? undefined : usingFd(fd, statFd);
}

/**
 * The contents of a regular file within `root`, symlinks followed; undefined where nothing is. A file longer than `maxBytes`
 * is EFBIG, one that is not regular (a fifo would block its reader) EINVAL.
 */
export function readFileIn(root: number, path: Path, maxBytes = 16 << 20): Buffer | undefined {
  const fd = tryOpenIn(root, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  return fd === undefined ? undefined : usingFd(fd, () => readAll(fd, path, maxBytes));
}

function readAll(fd: number, path: Path, maxBytes: number): Buffer {
  if (statFd(fd).kind !== 'file') throw new SystemError('read', 22, Buffer.from(path as string).toString());
  const parts: Buffer[] = [];
  for (let total = 0; ; ) {
    const part = Buffer.allocUnsafe(65536);
    const length = syscall('read', fd, part, part.length);
    if (length === 0) return Buffer.concat(parts);
    total += length;
    if (total > maxBytes) throw new SystemError('read', 27, Buffer.from(path as string).toString());
    parts.push(part.subarray(0, length));
  }
}

/** Writes all of `bytes` at the fd's position. */
export function writeFd(fd: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) {
    const rest = bytes.subarray(offset);
    offset += syscall('write', fd, rest, rest.length);
  }
}

/** Whether the error says that a path leads to nothing. */
export function isAbsent(error: unknown): boolean {
  return error instanceof SystemError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code);
}
