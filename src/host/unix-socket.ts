import { closeFd } from './files.ts';
import { syscall } from './syscall.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/**
 * The path under which a socket in an open directory is reached, however long the directory's own path is: an address
 * holds 108 bytes.
 */
export function socketPath(directoryFd: number, name: string): string {
  return `/proc/self/fd/${directoryFd}/${name}`;
}

/** A stream socket that listens at `name` in the directory, blocking and O_CLOEXEC. Clients may connect at once. The caller closes it. */
export function listenUnix(directoryFd: number, name: string): number {
  const path = Buffer.from(socketPath(directoryFd, name));
  const address = Buffer.alloc(2 + path.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(path, 2);
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
