import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashpoint } from '../kit/index.ts';

/**
 * Puts the program of `--init`, which is the shim's, where containers can be given it; returns its path. Containers that run keep the
 * one they were started with.
 */
export function placeInit(dataRoot: string, program: Uint8Array): string {
  const directory = join(dataRoot, 'init');
  const path = join(directory, 'docker-init');
  if (contentOf(path)?.equals(program)) return path;
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  const fresh = `${path}.new`;
  writeFileSync(fresh, program);
  chmodSync(fresh, 0o755);
  renameSync(fresh, path);
  crashpoint('daemon.initPlaced');
  return path;
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
