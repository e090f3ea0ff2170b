import { syscall } from '../calls/syscall.ts';
import { usingFd } from '../files/files.ts';
import { unixAddress } from '../net/unix-socket.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** Sends one datagram to a unix socket; `@name` is one of the abstract namespace. */
export function sendDatagram(path: string, bytes: Uint8Array): void {
  const socket = syscall('socket', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  // An abstract name begins with a NUL and ends where the address does.
  const abstract = path.startsWith('@');
  const address = unixAddress(abstract ? `\0${path.slice(1)}` : path);
  const length = abstract ? address.length - 1 : address.length;
  usingFd(socket, () => syscall('sendto', socket, bytes, bytes.length, MSG_NOSIGNAL, address, length));
}
