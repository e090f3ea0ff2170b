import { ptr } from 'bun:ffi';
import { syscall } from '../calls/syscall.ts';
import { closeFd, usingFd } from '../files/files.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
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

/** A struct sockaddr_un with its NUL at the end. */
export function unixAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  const address = Buffer.alloc(2 + bytes.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(bytes, 2);
  return address;
}

/** A connected socket; the connecting, each read and each write give up after a second. The caller closes it. */
function connectBriefly(path: string): number {
  const socket = syscall('socket', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    const second = new BigInt64Array([1n, 0n]);
    for (const option of [SO_RCVTIMEO, SO_SNDTIMEO])
      syscall('setsockopt', socket, SOL_SOCKET, option, new Uint8Array(second.buffer), 16);
    const address = unixAddress(path);
    syscall('connect', socket, address, address.length);
    return socket;
  } catch (error) {
    closeFd(socket);
    throw error;
  }
}

/**
 * Connects, says `hello`, and takes the first fd that comes back (O_CLOEXEC; the caller closes it); undefined if none came. Blocks
 * for the other side's answer, at most a second: only for those who answer at once.
 */
export function askForFd(path: string, hello: Uint8Array): number | undefined {
  return usingFd(connectBriefly(path), (socket) => {
    syscall('sendto', socket, hello, hello.length, MSG_NOSIGNAL, 0, 0);
    for (;;) {
      const { length, fd } = receive(socket);
      if (fd !== undefined || length === 0) return fd;
    }
  });
}

/**
 * Connects, says `words` with an fd (which stays the caller's), and takes the answer up to the other side's hanging up. Blocks for it,
 * at most a second: only for those who answer at once.
 */
export function giveFd(path: string, words: Uint8Array, fd: number): Buffer {
  return usingFd(connectBriefly(path), (socket) => {
    sendFds(socket, words, [fd]);
    const parts: Buffer[] = [];
    for (;;) {
      const part = Buffer.alloc(64);
      const length = syscall('recvfrom', socket, part, part.length, 0, 0, 0);
      if (length === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, length));
    }
  });
}

/** The fd of one message (O_CLOEXEC; the caller closes it); undefined if none came. Blocks until there is a message. */
export function receiveFd(socket: number): number | undefined {
  return receive(socket).fd;
}

/** One message, of which only the fd matters. */
function receive(socket: number): { length: number; fd?: number } {
  const message = createMessage({ bytes: 64, control: 24 });
  const length = syscall('recvmsg', socket, message.header(), MSG_CMSG_CLOEXEC);
  const control = message.control();
  const none = control.length < 20 || control.readUInt32LE(8) !== SOL_SOCKET || control.readUInt32LE(12) !== SCM_RIGHTS;
  return none ? { length } : { length, fd: control.readInt32LE(16) };
}

/**
 * struct msghdr with one iovec, its bytes and its control data in one piece of memory, as on every 64-bit Linux: what the kernel
 * follows pointers into lives as long as the header that is passed to it.
 */
function createMessage(size: { bytes: number; control: number }) {
  const [iovec, control, bytes] = [56, 72, 72 + size.control];
  // A small array may move when its buffer is first asked for; one made from a buffer stays where it is.
  const memory = Buffer.from(new ArrayBuffer(bytes + size.bytes));
  const at = BigInt(ptr(memory));
  memory.writeBigUInt64LE(at + BigInt(iovec), 16);
  memory.writeBigUInt64LE(1n, 24);
  if (size.control > 0) memory.writeBigUInt64LE(at + BigInt(control), 32);
  memory.writeBigUInt64LE(BigInt(size.control), 40);
  memory.writeBigUInt64LE(at + BigInt(bytes), iovec);
  memory.writeBigUInt64LE(BigInt(size.bytes), iovec + 8);
  return {
    header: () => memory,
    bytes: () => memory.subarray(bytes),
    /** As much of it as there is. */
    control: () => memory.subarray(control, control + Number(memory.readBigUInt64LE(40))),
  };
}

/** Two connected sockets that keep messages apart, O_CLOEXEC. The caller closes both. */
export function messagePair(): [number, number] {
  const pair = new Int32Array(2);
  syscall('socketpair', AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, new Uint8Array(pair.buffer));
  return [pair[0] ?? -1, pair[1] ?? -1];
}

/** Sends a message with up to 200 fds, which stay the caller's; a receiver that is gone is a SystemError (EPIPE). */
export function sendFds(socket: number, bytes: Uint8Array, fds: number[]): void {
  const size = { bytes: bytes.length, control: fds.length > 0 ? 16 + Math.ceil((4 * fds.length) / 8) * 8 : 0 };
  const message = createMessage(size);
  message.bytes().set(bytes);
  if (fds.length > 0) {
    const control = message.control();
    control.writeBigUInt64LE(BigInt(16 + 4 * fds.length), 0);
    control.writeUInt32LE(SOL_SOCKET, 8);
    control.writeUInt32LE(SCM_RIGHTS, 12);
    for (const [index, fd] of fds.entries()) control.writeInt32LE(fd, 16 + 4 * index);
  }
  syscall('sendmsg', socket, message.header(), MSG_NOSIGNAL);
}
