import { constants, fstat, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { calling } from './aside.ts';
import { closeFd, O_PATH } from './files.ts';

const SOL_SOCKET = 1;
const SO_PEERPIDFD = 77;
const F_GETFL = 3;
const O_ACCMODE = 3;
const { O_RDONLY, O_WRONLY, O_RDWR } = constants;

/**
 * The process that connected to a unix socket, as a pidfd, which no later process can take the place of. The caller closes it.
 * Undefined for a socket of another kind, and before Linux 6.5.
 */
export function peerProcess(socket: number): number | undefined {
  const value = new Int32Array([-1]);
  const length = new Uint8Array(new Int32Array([4]).buffer);
  const result = trySyscall('getsockopt', socket, SOL_SOCKET, SO_PEERPIDFD, new Uint8Array(value.buffer), length);
  const [process = -1] = value;
  return result === 0 && process >= 0 ? process : undefined;
}

/**
 * Another process's open file as one of this process's own (O_CLOEXEC; the caller closes it), with that process's rights to it and no
 * more; undefined if it has none of that number, or another file than it says (it is not the process that speaks, but passes words on).
 * A file system that does not answer keeps nobody else waiting.
 */
export async function takeGiven(
  process: number,
  file: { fd: number; device: number; inode: number },
): Promise<number | undefined> {
  const fd = trySyscall('pidfd_getfd', process, file.fd, 0);
  if (fd < 0) return undefined;
  const { dev, ino } = await statAside(fd);
  if (dev === file.device && ino === file.inode) return fd;
  closeFd(fd);
  return undefined;
}

/** Whether the open file is a regular one that may be read, or written. */
export async function isFileFor(fd: number, access: 'reading' | 'writing'): Promise<boolean> {
  const flags = syscall('fcntl', fd, F_GETFL);
  // One that only stands for a file says that it may be read, too.
  if (flags & O_PATH) return false;
  const mode = flags & O_ACCMODE;
  return (mode === O_RDWR || mode === (access === 'reading' ? O_RDONLY : O_WRONLY)) && (await statAside(fd)).isFile();
}

/** Whether the open file is a directory whose names may be read. */
export async function isOpenDirectory(fd: number): Promise<boolean> {
  return (syscall('fcntl', fd, F_GETFL) & O_PATH) === 0 && (await statAside(fd)).isDirectory();
}

/**
 * Whether the process may do with any file what this one may: root in the same user namespace, with each of its capabilities and
 * without a filter on its calls. False for one that has ended.
 */
export function hasOwnRights(process: number): boolean {
  const pid = pidOf(process);
  try {
    const [theirs, own] = [rightsOf(pid), rightsOf('self')];
    const isRoot = /^(0\t?){4}$/.test(theirs.Uid ?? '') && /^(0\t?){4}$/.test(theirs.Gid ?? '');
    const lacks = capabilities(own) & ~capabilities(theirs);
    if (!isRoot || lacks !== 0n || theirs.Seccomp !== own.Seccomp || theirs.user !== own.user) return false;
  } catch {
    return false; // it has ended meanwhile, or is none of this machine's that can be looked at
  }
  // Nobody else has got its number meanwhile.
  return trySyscall('pidfd_send_signal', process, 0, 0, 0) === 0;
}

/** The process's number, as long as it lives. */
function pidOf(process: number): string {
  return /^Pid:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${process}`, 'latin1'))?.[1] ?? '';
}

/**
 * The directory that a process stands in, if its paths mean what they mean here: the same mounts below the same root; and whether its
 * standard output is a terminal. Undefined for any other, and for one that has ended.
 */
export function standpointOf(process: number): { directory: string; onTerminal: boolean } | undefined {
  const at = `/proc/${pidOf(process)}`;
  try {
    const [theirs, own] = [statSync(`${at}/root`), statSync('/')];
    if (theirs.ino !== own.ino || theirs.dev !== own.dev) return undefined;
    if (readlinkSync(`${at}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt')) return undefined;
    const onTerminal = /^\/dev\/(pts\/|tty|console)/.test(readlinkSync(`${at}/fd/1`));
    return { directory: readlinkSync(`${at}/cwd`), onTerminal };
  } catch {
    return undefined; // it has ended meanwhile, or has closed its output
  }
}

const capabilities = ({ CapEff = '0' }: Record<string, string>): bigint => BigInt(`0x${CapEff}`);

function rightsOf(pid: string): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(/^(\w+):\t(.*)$/gm);
  const status = Object.fromEntries([...lines].map(([, key = '', value = '']) => [key, value]));
  return { ...status, user: readlinkSync(`/proc/${pid}/ns/user`) };
}

const statAside = (fd: number) => calling<Stats>((done) => fstat(fd, done));
