import { SystemError } from '../calls/errno.ts';
import { trySyscall } from '../calls/syscall.ts';
import { callOn, cstring, type Path } from './file-path.ts';

export type FileKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';

/** A moment on a file: whole seconds and nanoseconds, as the kernel keeps them. */
export interface FileTime {
  seconds: number;
  nanoseconds: number;
}

export interface FileStatus {
  kind: FileKind;
  /** The twelve permission bits. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Bytes taken on disk. */
  allocated: number;
  modified: FileTime;
  /** When contents or attributes were last changed, which nobody can set. */
  changed: FileTime;
  links: number;
  inode: bigint;
  /** The filesystem, and for device nodes the device, as major and minor. */
  device: [major: number, minor: number];
  node: [major: number, minor: number];
  /** Something is mounted just here. */
  mountRoot: boolean;
}

const kinds = new Map<number, FileKind>([
  [0o010000, 'fifo'],
  [0o020000, 'char'],
  [0o040000, 'directory'],
  [0o060000, 'block'],
  [0o100000, 'file'],
  [0o120000, 'symlink'],
  [0o140000, 'socket'],
]);

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
/** Numbers of 64 bits are taken as two of 32: a BigInt each costs more than the call. */
const WORD = 2 ** 32;

/** Where every call has its answer, which is read before anybody else calls. */
const answer = new Uint32Array(64);
const answerLongs = new BigUint64Array(answer.buffer);

const ENOENT = 2;

/** The same, or undefined where nothing is. */
export function tryStatusOf(directory: number, name: Path): FileStatus | undefined {
  const result = trySyscall('statx', directory, cstring(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, answer);
  // Nothing being there is no failure here, and making an Error takes longer than the call.
  if (result === -ENOENT) return undefined;
  if (result < 0) throw new SystemError('statx', -result, Buffer.from(name as string).toString());
  return decoded();
}

/** What `name` in the directory is, a last symlink not followed; with `itself` what the fd is. */
export function statusOf(directory: number, name: Path, itself = false): FileStatus {
  const flags = AT_SYMLINK_NOFOLLOW | (itself ? AT_EMPTY_PATH : 0);
  callOn('statx', name, directory, cstring(name), flags, STATX_BASIC_STATS, answer);
  return decoded();
}

/** The words of `struct statx`, by their places in it. */
const at = (place: number): number => answer[place >> 2] as number;

const time = (place: number): FileTime => ({
  seconds: at(place) + (at(place + 4) | 0) * WORD,
  nanoseconds: at(place + 8),
});

function decoded(): FileStatus {
  const mode = at(28) & 0xffff;
  return {
    kind: kinds.get(mode & 0o170000) ?? 'file',
    mode: mode & 0o7777,
    uid: at(20),
    gid: at(24),
    size: at(40) + at(44) * WORD,
    allocated: (at(48) + at(52) * WORD) * 512,
    modified: time(112),
    changed: time(96),
    links: at(16),
    inode: answerLongs[4] as bigint,
    device: [at(136), at(140)],
    node: [at(128), at(132)],
    mountRoot: (at(8) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}
