import { getSystemErrorMap } from 'node:util';
import { EngineError } from './errors.ts';

/** Where the C library's words, which users know, are not those of this language's library. */
const usual: Record<string, string> = {
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ETXTBSY: 'text file busy',
  EXDEV: 'invalid cross-device link',
};

/**
 * A failed system call (an error with `errno` and `syscall`) as an EngineError in the words users know:
 * `write /big: no space left on device`. Anything else is returned as it is.
 */
export function explainSystemError(error: unknown, path = ''): unknown {
  if (error instanceof EngineError) return error;
  const { errno, syscall, code } = error as NodeJS.ErrnoException;
  if (typeof errno !== 'number' || typeof code !== 'string') return error;
  return new EngineError(
    'internal',
    `${syscall ?? 'write'}${path === '' ? '' : ` ${path}`}: ${systemWords(errno, code)}`,
    error,
  );
}

/** What an error number means, in the words users know: `no such file or directory`. */
export function systemWords(errno: number, code: string): string {
  return usual[code] ?? getSystemErrorMap().get(-Math.abs(errno))?.[1] ?? code;
}
