import { constants } from 'node:os';
import { systemWords } from '../../kit/index.ts';

const names = new Map(Object.entries(constants.errno).map(([name, code]) => [code, name]));

/** A failed system call: `errno` is positive, `code` its name (`ENOENT`), as in Node's own errors; the message has the words users know. */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail?: string) {
    const code = names.get(errno) ?? `E${errno}`;
    super(`${syscall}${detail ? ` ${detail}` : ''}: ${systemWords(errno, code)} (${code})`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}
