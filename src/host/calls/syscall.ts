import { dlopen, FFIType, type Pointer, ptr, read } from 'bun:ffi';
import { SystemError } from './errno.ts';
import { numbers, type SyscallName } from './syscall-numbers.ts';

const libc = dlopen('libc.so.6', {
  syscall: { args: ['i64', 'u64', 'u64', 'u64', 'u64', 'u64', 'u64'], returns: FFIType.i64_fast },
  __errno_location: { args: [], returns: 'ptr' },
});
const errnoAt = libc.symbols.__errno_location() as Pointer;

/** An argument of a system call: a number, a text (passed NUL-terminated) or memory (passed by address). */
export type Argument = number | bigint | string | Uint8Array | Int32Array | Uint32Array;

const invoke = libc.symbols.syscall as unknown as (...words: (number | bigint)[]) => number | bigint;

/** Runs a system call; the result, or the negated errno. Memory arguments stay referenced for the call's time. */
export function trySyscall(name: SyscallName, ...args: Argument[]): number {
  const words: (number | bigint)[] = [0, 0, 0, 0, 0, 0];
  for (let index = 0; index < args.length; index++) {
    let argument = args[index] as Argument;
    if (typeof argument === 'string') args[index] = argument = Buffer.from(`${argument}\0`);
    words[index] = wordOf(argument);
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = words;
  const result = Number(invoke(numbers[name], a, b, c, d, e, f));
  return result === -1 ? -read.i32(errnoAt, 0) : result;
}

function wordOf(argument: Exclude<Argument, string>): number | bigint {
  if (typeof argument === 'number') return argument < 0 ? BigInt.asUintN(64, BigInt(argument)) : argument;
  if (typeof argument === 'bigint') return argument;
  return argument.byteLength === 0 ? 0 : ptr(argument);
}

/** Runs a system call; a failure is thrown as SystemError. A text argument with a NUL inside is refused (EINVAL). */
export function syscall(name: SyscallName, ...args: Argument[]): number {
  if (args.some((argument) => typeof argument === 'string' && argument.includes('\0'))) {
    throw new SystemError(name, 22, 'NUL in a path');
  }
  const result = trySyscall(name, ...args);
  if (result < 0) {
    const path = args.find((argument) => typeof argument === 'string');
    throw new SystemError(name, -result, typeof path === 'string' ? path : undefined);
  }
  return result;
}
