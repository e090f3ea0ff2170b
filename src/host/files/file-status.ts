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

/** Memory for a `struct statx`, by words. */
interface Answer {
  words: Uint32Array;
  longs: BigUint64Array;
}

function createAnswer(): Answer {
  const memory = new ArrayBuffer(256);
  return { words: new Uint32Array(memory), longs: new BigUint64Array(memory) };
}

/** Where every call has its answer, which is read before anybody else calls. */
const answer = createAnswer();

const ENOENT = 2;

/** The same, or undefined where nothing is. */
export function tryStatusOf(directory: number, name: Path): FileStatus | undefined {
  const result = trySyscall('statx', directory, cstring(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, answer.words);
  // Nothing being there is no failure here, and making an Error takes longer than the call.
  if (result === -ENOENT) return undefined;
  if (result < 0) throw new SystemError('statx', -result, Buffer.from(name as string).toString());
  return decoded(answer);
}

/** What `name` in the directory is, a last symlink not followed; with `itself` what the fd is. */
export function statusOf(directory: number, name: Path, itself = false): FileStatus {
  const flags = AT_SYMLINK_NOFOLLOW | (itself ? AT_EMPTY_PATH : 0);
  callOn('statx', name, directory, cstring(name), flags, STATX_BASIC_STATS, answer.words);
  return decoded(answer);
}

const kindOf = ({ words }: Answer): FileKind => kinds.get((words[7] as number) & 0o170000) ?? 'file';

function decoded(answer: Answer): FileStatus {
  const { words, longs } = answer;
  const at = (place: number): number => words[place >> 2] as number;
  const time = (place: number): FileTime => ({
    seconds: at(place) + (at(place + 4) | 0) * WORD,
    nanoseconds: at(place + 8),
  });
  const mode = at(28) & 0xffff;
  return {
    kind: kindOf(answer),
    mode: mode & 0o7777,
    uid: at(20),
    gid: at(24),
    size: at(40) + at(44) * WORD,
    allocated: (at(48) + at(52) * WORD) * 512,
    modified: time(112),
    changed: time(96),
    links: at(16),
    inode: longs[4] as bigint,
    device: [at(136), at(140)],
    node: [at(128), at(132)],
    mountRoot: (at(8) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}

/** One file's status as the kernel tells it: who asks for thousands makes nothing anew for each. */
export interface Look {
  /** Asks for a name (with the NUL at its end) in a directory, no symlink followed; false where nothing is. */
  at(directory: number, name: Uint8Array): boolean;
  kind(): FileKind;
  status(): FileStatus;
  /** Whether the other has the same kind, mode, owner and device number, and, but for directories, size and time of modification. */
  isLike(other: Look): boolean;
  readonly words: Uint32Array;
}

// Places in `struct statx`, in words.
const [UID, GID, MODE, SIZE, MODIFIED, NODE] = [5, 6, 7, 10, 28, 32];
const ofAll = [UID, GID, NODE, NODE + 1];
const ofContents = [SIZE, SIZE + 1, MODIFIED, MODIFIED + 1];

export function createLook(): Look {
  const answer = createAnswer();
  const { words } = answer;
  return {
    words,
    at(directory, name) {
      const result = trySyscall('statx', directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, words);
      if (result < 0 && result !== -ENOENT) throw new SystemError('statx', -result, Buffer.from(name).toString());
      return result === 0;
    },
    kind: () => kindOf(answer),
    status: () => decoded(answer),
    isLike(other) {
      const isAlike = (places: number[]) => places.every((place) => words[place] === other.words[place]);
      // The mode has half of its word, the rest belongs to nothing.
      const mode = (words[MODE] as number) ^ (other.words[MODE] as number);
      if ((mode & 0xffff) !== 0 || !isAlike(ofAll)) return false;
      return kindOf(answer) === 'directory' || (isAlike(ofContents) && isSameFraction(words, other.words));
    },
  };
}

/** Archives may have dropped the nanoseconds. */
function isSameFraction(one: Uint32Array, other: Uint32Array): boolean {
  const [here, there] = [one[MODIFIED + 2], other[MODIFIED + 2]];
  return here === there || here === 0 || there === 0;
}
