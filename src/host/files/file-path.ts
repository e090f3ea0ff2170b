import { SystemError } from '../calls/errno.ts';
import { type Argument, trySyscall } from '../calls/syscall.ts';
import type { SyscallName } from '../calls/syscall-numbers.ts';

/** A file name as the kernel has it: text is taken as UTF-8; bytes (without a NUL at their end) as they are. */
export type Path = string | Uint8Array;

/** The path as a C string. A NUL inside would silently name another file: EINVAL. */
export function cstring(path: Path): Buffer {
  const length = typeof path === 'string' ? Buffer.byteLength(path) : path.length;
  const text = Buffer.allocUnsafe(length + 1);
  if (typeof path === 'string') text.write(path);
  else text.set(path);
  text[length] = 0;
  if (text.indexOf(0) < length) throw new SystemError('open', 22, 'NUL in a path');
  return text;
}

/** Runs a system call on `path`; a failure is thrown as a SystemError that names it. */
export function callOn(name: SyscallName, path: Path, ...args: Argument[]): number {
  const result = trySyscall(name, ...args);
  if (result < 0) throw new SystemError(name, -result, Buffer.from(path as string).toString());
  return result;
}
