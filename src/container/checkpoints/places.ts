import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { containerDirectory } from '../life/end/clear.ts';

/** Where a container's checkpoints are, unless a client names a directory of its own. */
export function checkpointRoot(context: Context, id: string, directory?: string): string {
  return directory || join(containerDirectory(context, id), 'checkpoints');
}

/** `internal`, as in Docker. */
export function checkName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return;
  throw new EngineError('internal', `Invalid checkpoint ID (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** The checkpoint's directory; `shown` is the container as the client named it. */
export function findCheckpoint(root: string, name: string, shown: string): string {
  const path = join(root, name);
  if (isCheckpoint(path)) return path;
  if (existsSync(path) && !statSync(path).isDirectory()) {
    throw new EngineError('internal', `${path} exists and is not a directory`);
  }
  throw new EngineError('internal', `checkpoint ${name} does not exist for container ${shown}`);
}

/** What CRIU writes into each: a directory without it, of the many a client could name, is none of ours. */
const isCheckpoint = (path: string): boolean => existsSync(join(path, 'inventory.img'));

/** The names of those that lie there. */
export async function listCheckpoints(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return directories.map(({ name }) => name).filter((name) => isCheckpoint(join(root, name)));
}
