import { constants } from 'node:os';

// In the words of Go's syscall package, which are what users of Docker read.
const texts: Record<string, string> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ESRCH: 'no such process',
  EIO: 'input/output error',
  ENXIO: 'no such device or address',
  E2BIG: 'argument list too long',
  ENOEXEC: 'exec format error',
  EBADF: 'bad file descriptor',
  EAGAIN: 'resource temporarily unavailable',
  // The same number: which of its names is found is chance.
  EWOULDBLOCK: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EXDEV: 'invalid cross-device link',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENOTTY: 'inappropriate ioctl for device',
  ETXTBSY: 'text file busy',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  ERANGE: 'numerical result out of range',
  ENAMETOOLONG: 'file name too long',
  ENOSYS: 'function not implemented',
  ENOTEMPTY: 'directory not empty',
  ELOOP: 'too many levels of symbolic links',
  EOPNOTSUPP: 'operation not supported',
  EADDRINUSE: 'address already in use',
  ENETUNREACH: 'network is unreachable',
  EDQUOT: 'disk quota exceeded',
};
const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** An errno as Go words it. */
export function errnoText(errno: number): string {
  const name = names.get(errno) ?? '';
  return texts[name] ?? (name || `errno ${errno}`);
}
