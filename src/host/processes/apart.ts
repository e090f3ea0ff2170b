import { SystemError } from '../calls/errno.ts';
import { type Argument, trySyscall } from '../calls/syscall.ts';
import { numbers, type SyscallName } from '../calls/syscall-numbers.ts';

/** A system call with numbers and texts only. */
export type PlainCall = [name: SyscallName, ...args: Extract<Argument, number | string>[]];

/** What the other process runs: the calls it reads, until one fails; says each result, or the negated errno. */
const program = `
import { dlopen, ptr, read } from 'bun:ffi';
const { syscall, __errno_location } = dlopen('libc.so.6', {
  syscall: { args: ['i64', 'u64', 'u64', 'u64', 'u64', 'u64', 'u64'], returns: 'i64_fast' },
  __errno_location: { args: [], returns: 'ptr' },
}).symbols;
const errnoAt = __errno_location();
const results = [];
for (const [number, ...args] of await Bun.stdin.json()) {
  const held = args.map((word) => (typeof word === 'string' ? Buffer.from(word + '\\0') : word));
  const words = held.map((word) => (typeof word === 'number' ? (word < 0 ? BigInt.asUintN(64, BigInt(word)) : word) : ptr(word)));
  while (words.length < 6) words.push(0);
  const result = Number(syscall(number, ...words));
  results.push(result === -1 ? -read.i32(errnoAt, 0) : result);
  if (results.at(-1) < 0) break;
}
await Bun.write(Bun.stdout, JSON.stringify(results));
`;

const ETIMEDOUT = 110;

/**
 * Runs system calls that may block for long (a mount of a network file system) in a process of its own, some 50 ms: the engine
 * goes on meanwhile. The first failure is thrown as SystemError; after `timeout` milliseconds it is ETIMEDOUT, and the process is killed.
 */
export async function callApart(calls: PlainCall[], { timeout }: { timeout: number }): Promise<void> {
  const child = Bun.spawn({
    // The engine's own executable is then the bare runtime. What is asked for may hold a password: it goes by stdin.
    cmd: [process.execPath, '--no-env-file', '-e', program],
    env: { BUN_BE_BUN: '1' },
    cwd: '/',
    stdin: Buffer.from(JSON.stringify(calls.map(([name, ...args]) => [numbers[name], ...args]))),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  try {
    const [said, why] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (late) throw new SystemError(calls[0]?.[0] ?? 'syscall', ETIMEDOUT);
    checkResults(calls, said, why);
  } finally {
    clearTimeout(timer);
  }
}

function checkResults(calls: PlainCall[], said: string, why: string): void {
  if (said === '') throw new Error(`a process of its own failed: ${why.trim()}`);
  const results = JSON.parse(said) as number[];
  const failed = results.findIndex((result) => result < 0);
  if (failed < 0) return;
  throw new SystemError(calls[failed]?.[0] ?? 'syscall', -(results[failed] ?? 0));
}

/** The same in this process, for what does not block. */
export function callHere(calls: PlainCall[]): void {
  for (const [name, ...args] of calls) {
    const result = trySyscall(name, ...args);
    if (result < 0) throw new SystemError(name, -result);
  }
}
