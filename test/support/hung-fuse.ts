import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './command.ts';
import type { Engine } from './engine.ts';

/**
 * Mounts a file system at `place` (made) in an engine's own mount namespace, with which it goes; see hung-fuse.c. Its server answers
 * while it is not stopped (SIGSTOP), but for reading.
 */
export async function mountHungFuse(engine: Engine, place: string): Promise<ChildProcess> {
  const program = join(engine.directory, 'hung-fuse');
  mkdirSync(place);
  await must(['cc', '-O1', '-Wall', '-o', program, join(import.meta.dirname, 'hung-fuse.c')]);
  const within = ['-t', String(engine.pid()), '-m', program, place];
  const server = spawn('nsenter', within, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  return server;
}
