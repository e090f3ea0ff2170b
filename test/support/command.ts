import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How many times longer than elsewhere everything may take here: an emulated machine is slow. */
export const slowness = Number(process.env.TUG_SLOWNESS ?? 1);

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Milliseconds until SIGKILL; 60 s unless told. */
  timeout?: number;
  /** Is told what the program prints, while it runs. */
  onStdout?: (text: string) => void;
}

/** Runs a program to its end and returns all it said; a signal counts as 128 + n, as in a shell. */
export async function run(command: string[], options: RunOptions = {}): Promise<Result> {
  const spawnOptions: SpawnOptions = {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    timeout: (options.timeout ?? 60_000) * slowness,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  };
  const child = spawn(command[0] as string, command.slice(1), spawnOptions);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    out.push(chunk);
    options.onStdout?.(chunk.toString());
  });
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => undefined); // a program that does not read its input is no failure of the test
  child.stdin?.end(options.stdin ?? '');
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const number = signal === null ? (code ?? 1) : 128 + signalNumber(signal);
  return { code: number, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** Like run, but a failure is thrown with what the program said; returns stdout without its last newline. */
export async function must(command: string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, options);
  if (result.code !== 0) {
    throw new Error(`${command.join(' ')} exited ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout.replace(/\n$/, '');
}

function signalNumber(signal: NodeJS.Signals): number {
  return (
    ({ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 } as Record<string, number>)[signal] ?? 0
  );
}

/** Waits until `condition` gives something true, at most `timeout` ms. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeout = 10_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeout * slowness;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
