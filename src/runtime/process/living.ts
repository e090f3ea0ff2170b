import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connected } from './connection.ts';
import { findDirectory } from './directory.ts';

/** The ids of containers in an exec root whose monitors answer; nothing is changed. */
export async function livingIn(execRoot: string): Promise<string[]> {
  const parent = join(execRoot, 'containers');
  const ids = existsSync(parent) ? readdirSync(parent) : [];
  const living = await Promise.all(ids.map(async (id) => ((await answers(join(parent, id))) ? [id] : [])));
  return living.flat();
}

async function answers(path: string): Promise<boolean> {
  const directory = findDirectory(path);
  if (!directory) return false;
  try {
    const socket = await connected(directory.socket);
    socket.destroy();
    return true;
  } catch {
    return false; // nobody listens there any more
  } finally {
    directory.close();
  }
}
