import { readdirSync } from 'node:fs';
import { syscall, trySyscall } from '../calls/syscall.ts';

const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;

/** The descriptors of this process that are sockets which listen. */
export function listeningSockets(): number[] {
  return readdirSync('/proc/self/fd').map(Number).filter(isListening);
}

function isListening(fd: number): boolean {
  const value = new Uint8Array(new Int32Array([0]).buffer);
  const length = new Uint8Array(new Int32Array([4]).buffer);
  return trySyscall('getsockopt', fd, SOL_SOCKET, SO_ACCEPTCONN, value, length) === 0 && value[0] === 1;
}

/** Lets so many clients wait until they are accepted; who comes beyond them is refused. */
export function setBacklog(fd: number, length: number): void {
  syscall('listen', fd, length);
}

const SO_DOMAIN = 39;
const AF_UNIX = 1;

/** Whether a socket is one of this machine alone; not a socket at all is a SystemError. */
export function isUnixSocket(fd: number): boolean {
  const value = new Uint8Array(new Int32Array([0]).buffer);
  const length = new Uint8Array(new Int32Array([4]).buffer);
  syscall('getsockopt', fd, SOL_SOCKET, SO_DOMAIN, value, length);
  return value[0] === AF_UNIX;
}
