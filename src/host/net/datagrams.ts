import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { closeFd, usingFd } from '../files/files.ts';
import { sealedMemory } from '../processes/memfd.ts';
import { familyOf, ipBytes } from './ip-bytes.ts';
import { sendFds, unixAddress } from './unix-socket.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;

/** Where datagrams go: a socket's path, or an IP address with a port. */
export type DatagramAddress = { path: string } | { ip: string; port: number };

/** A socket that sends to one address and never blocks. */
export interface DatagramSocket {
  /**
   * Undefined once the kernel has taken it, else why not: 11 (`EAGAIN`) while there is no room, `EMSGSIZE` or `ENOBUFS` for what is too
   * long, `ECONNREFUSED` where nobody receives (over IP it may be an earlier one that was refused).
   */
  send(bytes: Uint8Array): SystemError | undefined;
  /** The same for an empty datagram with the fd of sealed memory that holds the bytes. */
  sendAsMemory(bytes: Uint8Array): SystemError | undefined;
  /** What the network has said of earlier datagrams since the last call: that nobody receives. */
  fault(): SystemError | undefined;
  close(): void;
}

/** Opens such a socket; nobody at the address may be a SystemError. The caller closes it. */
export function openDatagrams(to: DatagramAddress): DatagramSocket {
  const [family, address] = addressOf(to);
  const fd = syscall('socket', family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const connected = trySyscall('connect', fd, address, address.length);
  if (connected < 0) {
    closeFd(fd);
    throw new SystemError('connect', -connected);
  }
  return {
    send(bytes) {
      const sent = trySyscall('sendto', fd, bytes, bytes.length, MSG_NOSIGNAL, 0, 0);
      return sent < 0 ? new SystemError('write', -sent) : undefined;
    },
    sendAsMemory: (bytes) =>
      usingFd(sealedMemory('datagram', bytes), (memory) => tried(() => sendFds(fd, nothing, [memory]))),
    fault() {
      const [value, length] = [new Int32Array([0]), new Int32Array([4])];
      syscall('getsockopt', fd, SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer), new Uint8Array(length.buffer));
      return value[0] ? new SystemError('write', value[0]) : undefined;
    },
    close: () => closeFd(fd),
  };
}

const nothing = new Uint8Array(0);

function tried(work: () => void): SystemError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
}

function addressOf(to: DatagramAddress): [family: number, address: Uint8Array] {
  if ('path' in to) return [AF_UNIX, unixAddress(to.path)];
  const family = familyOf(to.ip);
  // struct sockaddr_in, or sockaddr_in6 with its flow before the address.
  const address = Buffer.alloc(family === 2 ? 16 : 28);
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(to.port, 2);
  address.set(ipBytes(to.ip), family === 2 ? 4 : 8);
  return [family, address];
}
