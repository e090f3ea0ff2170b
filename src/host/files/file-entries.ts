import { syscall, trySyscall } from '../calls/syscall.ts';
import { callOn, cstring, type Path } from './file-path.ts';
import type { FileTime } from './file-status.ts';

// Each call here works on one name in an open directory and follows no symlink; a name is one component, without a slash.

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const nodeTypes = { fifo: 0o010000, char: 0o020000, block: 0o060000, socket: 0o140000 };

export function makeDirectoryAt(directory: number, name: Path, mode: number): void {
  callOn('mkdirat', name, directory, cstring(name), mode);
}

export function makeNodeAt(
  directory: number,
  name: Path,
  node: { kind: keyof typeof nodeTypes; mode: number; device: [major: number, minor: number] },
): void {
  const [major, minor] = node.device;
  const device = ((BigInt(minor) & ~0xffn) << 12n) | (BigInt(major) << 8n) | (BigInt(minor) & 0xffn);
  callOn('mknodat', name, directory, cstring(name), nodeTypes[node.kind] | node.mode, device & 0xffffffffn);
}

export function makeSymlinkAt(directory: number, name: Path, text: Path): void {
  callOn('symlinkat', name, cstring(text), directory, cstring(name));
}

/** A second name for `name` of the directory, in another one. */
export function linkAt(directory: number, name: Path, other: { directory: number; name: Path }): void {
  callOn('linkat', other.name, directory, cstring(name), other.directory, cstring(other.name), 0);
}

/** Moves `name` of the directory to another one; what is there under that name is replaced. */
export function renameAt(directory: number, name: Path, other: { directory: number; name: Path }): void {
  callOn('renameat2', name, directory, cstring(name), other.directory, cstring(other.name), 0);
}

export function readLinkAt(directory: number, name: Path): Buffer {
  const text = Buffer.alloc(4096);
  return text.subarray(0, callOn('readlinkat', name, directory, cstring(name), text, text.length));
}

/** Removes a file, or with `kind` an empty directory. */
export function removeAt(directory: number, name: Path, kind: 'file' | 'directory'): void {
  callOn('unlinkat', name, directory, cstring(name), kind === 'directory' ? AT_REMOVEDIR : 0);
}

export function chownAt(directory: number, name: Path, owner: { uid: number; gid: number }): void {
  callOn('fchownat', name, directory, cstring(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW);
}

/** chmod(2) has no way not to follow: never for a symlink. */
export function chmodAt(directory: number, name: Path, mode: number): void {
  callOn('fchmodat', name, directory, cstring(name), mode);
}

/** Of an open file, however it was opened. */
export function chownOf(fd: number, owner: { uid: number; gid: number }): void {
  syscall('fchown', fd, owner.uid, owner.gid);
}

/** Of an open file, however it was opened. */
export function chmodOf(fd: number, mode: number): void {
  syscall('fchmod', fd, mode);
}

/** Sets access and modification time. */
export function setTimesAt(directory: number, name: Path, time: FileTime): void {
  callOn('utimensat', name, directory, cstring(name), timesOf(time), AT_SYMLINK_NOFOLLOW);
}

/** Two of struct timespec, 64 bits of seconds and of nanoseconds each. Every call writes them anew. */
const times = new Int32Array(8);

function timesOf({ seconds, nanoseconds }: FileTime): Int32Array {
  times[0] = times[4] = seconds | 0;
  times[1] = times[5] = Math.floor(seconds / 2 ** 32);
  times[2] = times[6] = nanoseconds;
  return times;
}

/** The same of an open file. */
export function setTimesOf(fd: number, time: FileTime): void {
  syscall('utimensat', fd, 0, timesOf(time), 0);
}

export function setXattrAt(directory: number, name: Path, xattr: { name: string; value: Uint8Array }): void {
  // A last component is not followed; the magic link before it stands for the directory itself.
  const path = procPath(directory, name);
  callOn('lsetxattr', path, cstring(path), xattr.name, xattr.value, xattr.value.length, 0);
}

/** The same of an open file. */
export function setXattrOf(fd: number, xattr: { name: string; value: Uint8Array }): void {
  syscall('fsetxattr', fd, xattr.name, xattr.value, xattr.value.length, 0);
}

/** Takes an extended attribute away. */
export function removeXattrAt(directory: number, name: Path, xattr: string): void {
  const path = procPath(directory, name);
  callOn('lremovexattr', path, cstring(path), xattr);
}

/** One extended attribute of a file; undefined where it has no such, or its file system knows none. */
export function xattrAt(directory: number, name: Path, xattr: string): Buffer | undefined {
  const length = trySyscall('lgetxattr', cstring(procPath(directory, name)), xattr, value, value.length);
  return length < 0 ? undefined : taken(length);
}

/** The extended attributes of a file that the caller may see. */
export function xattrsAt(directory: number, name: Path): Map<string, Buffer> {
  const path = cstring(procPath(directory, name));
  const size = trySyscall('llistxattr', path, 0, 0);
  const list = Buffer.alloc(Math.max(size, 0));
  if (size > 0) callOn('llistxattr', name, path, list, list.length);
  const names = list.toString('latin1').split('\0').filter(Boolean);
  return new Map(names.map((xattr) => [xattr, xattrOf(path, xattr)]));
}

/** The same of a file that is open for reading. */
export function xattrsOf(fd: number): Map<string, Buffer> {
  const size = trySyscall('flistxattr', fd, 0, 0);
  if (size <= 0) return new Map();
  const list = Buffer.alloc(size);
  syscall('flistxattr', fd, list, list.length);
  const names = list.toString('latin1').split('\0').filter(Boolean);
  return new Map(names.map((name) => [name, taken(syscall('fgetxattr', fd, name, value, value.length))]));
}

/** What the kernel writes values into; they are copied before anybody else asks. */
const value = Buffer.alloc(65536);

const taken = (size: number): Buffer => Buffer.from(value.subarray(0, size));

const xattrOf = (path: Buffer, name: string): Buffer => taken(syscall('lgetxattr', path, name, value, value.length));

function procPath(directory: number, name: Path): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), Buffer.from(name as string)]);
}
