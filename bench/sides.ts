import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../test/support/command.ts';
import { type Engine, startEngine } from '../test/support/engine.ts';
import { busyboxTar } from '../test/support/image.ts';
import { startPeer } from '../test/support/peer.ts';

/** Our command line. */
export const tug = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../dist/tug');

/** The two engines under comparison, each with busybox loaded. */
export interface Sides {
  engine: Engine;
  /** Socket path of the real Docker. */
  peer: string;
  close(): Promise<void>;
}

export async function startSides(): Promise<Sides | undefined> {
  const peer = await startPeer();
  if (peer === undefined) return undefined;
  const tar = await busyboxTar();
  const imported = await run([
    'docker',
    '-H',
    `unix://${peer}`,
    'import',
    '--change',
    'CMD ["sh"]',
    tar,
    'busybox:latest',
  ]);
  rmSync(tar);
  if (imported.code !== 0) throw new Error(imported.stderr);
  const engine = await startOurs();
  await engine.withBusybox();
  return {
    engine,
    peer,
    async close() {
      await engine.dispose();
    },
  };
}

/** Our engine, what runs noted in memory where the bench has made such a place, as /run is on hosts. */
export function startOurs(options: Parameters<typeof startEngine>[0] = {}): Promise<Engine> {
  const memory = process.env.TUG_BENCH_MEMORY;
  return startEngine({ ...options, ...(memory && { execRoot: mkdtempSync(join(memory, 'tug-')) }) });
}

/** Runs a program with no shell and no output kept; a failure is thrown. */
export async function quietly(command: string[], host: string): Promise<void> {
  const child = Bun.spawn(command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DOCKER_HOST: host },
  });
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command.join(' ')}: ${await new Response(child.stderr).text()}`);
}

/** A request on an engine's socket; the body as JSON, or undefined when it is empty. */
export async function api(socket: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://engine${path}`, {
    unix: socket,
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  const text = await response.text();
  if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** A field of /proc/PID/smaps_rollup or status, in kB. */
export function memory(pid: number, file: 'smaps_rollup' | 'status', field: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Eight at a time, results in order. */
export async function inParallel<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < count; at = next++) results[at] = await work(at);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}
