import { ptr } from 'bun:ffi';
import { closeFd, usingFd } from './files.ts';
import { syscall } from './syscall.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/**
 * The path under which a socket in an open directory is reached, however long the directory's own path is: an address
 * holds 108 bytes.
 */
export function socketPath(directoryFd: number, name: string): string {
  return `/proc/self/fd/${directoryFd}/${name}`;
}

/** A stream socket that listens at `name` in the directory, blocking and O_CLOEXEC. Clients may connect at once. The caller closes it. */
export function listenUnix(directoryFd: number, name: string): number {
  const address = unixAddress(socketPath(directoryFd, name));
  const fd = syscall('socket', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    syscall('bind', fd, address, address.length);
    syscall('listen', fd, 64);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function unixAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  const address = Buffer.alloc(2 + bytes.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(bytes, 2);
  return address;
}

/**
 * Connects, says `hello`, and takes the first fd that comes back (O_CLOEXEC; the caller closes it); undefined if none came. Blocks
 * for the other side's answer, at most a second: only for those who answer at once.
 */
export function askForFd(path: string, hello: Uint8Array): number | undefined {
  const socket = syscall('socket', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return usingFd(socket, () => {
    const second = new BigInt64Array([1n, 0n]);
    syscall('setsockopt', socket, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(second.buffer), 16);
    const address = unixAddress(path);
    syscall('connect', socket, address, address.length);
    syscall('sendto', socket, hello, hello.length, MSG_NOSIGNAL, 0, 0);
    for (;;) {
      const { length, fd } = receive(socket);
      if (fd !== undefined || length === 0) return fd;
    }
  });
}

/** One message; struct msghdr, iovec and cmsghdr as on every 64-bit Linux. */
function receive(socket: number): { length: number; fd?: number } {
  const bytes = Buffer.alloc(64);
  const part = new BigUint64Array([BigInt(ptr(bytes)), BigInt(bytes.length)]);
  const control = Buffer.alloc(24);
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(part)), 1n, BigInt(ptr(control)), BigInt(control.length), 0n]);
  const length = syscall('recvmsg', socket, new Uint8Array(message.buffer), MSG_CMSG_CLOEXEC);
  const none = message[5] === 0n || control.readUInt32LE(8) !== SOL_SOCKET || control.readUInt32LE(12) !== SCM_RIGHTS;
  return none ? { length } : { length, fd: control.readInt32LE(16) };
}
