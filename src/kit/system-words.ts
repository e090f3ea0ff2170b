import { getSystemErrorMap } from 'node:util';
import { EngineError } from './errors.ts';

/**
 * A failed system call (an error with `errno` and `syscall`) as an EngineError in the words users know:
 * `write /big: no space left on device`. Anything else is returned as it is.
 */
export function explainSystemError(error: unknown, path = ''): unknown {
  if (error instanceof EngineError) return error;
  const { errno, syscall, code } = error as NodeJS.ErrnoException;
  if (typeof errno !== 'number' || typeof code !== 'string') return error;
  const [, words] = getSystemErrorMap().get(-Math.abs(errno)) ?? ['', code];
  return new EngineError('internal', `${syscall ?? 'write'}${path === '' ? '' : ` ${path}`}: ${words}`, error);
}
