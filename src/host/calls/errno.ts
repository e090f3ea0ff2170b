import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, code]) => [code, name]));

/** A failed system call: `errno` is positive, `code` its name (`ENOENT`), as in Node's own errors. */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail?: string) {
    const code = names.get(errno) ?? `E${errno}`;
    super(`${syscall}${detail ? ` ${detail}` : ''}: ${code}`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}
