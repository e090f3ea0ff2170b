import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { crashpoint, type Log } from '../../kit/index.ts';
import type { Driver } from '../driver/driver.ts';
import { flattened } from './flatten.ts';
import { type Layout, scratchIn } from './layout.ts';

/** Takes trees out of sight at once, and frees them beside the engine's other work. */
export interface Discard {
  /** The tree at `path` is no longer there when this returns; nothing happens if it was not. */
  (path: string): void;
  /** Resolves once all that was discarded is freed. */
  settled(): Promise<void>;
}

export function createDiscard(layout: Layout, { log, driver }: { log: Log; driver: Driver }): Discard {
  const running = new Set<Promise<void>>();

  function free(path: string): void {
    const removal = driver
      .free(path)
      .then(() => remove(layout.doomed, path))
      .catch((error) => log.warn('cannot remove a directory', { path, error }))
      .finally(() => running.delete(removal));
    running.add(removal);
  }

  function discard(path: string): void {
    const doomed = scratchIn(layout, layout.doomed);
    try {
      renameSync(path, doomed);
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return;
      throw error;
    }
    crashpoint('snapshot.discarded');
    free(doomed);
  }

  mkdirSync(layout.doomed, { recursive: true, mode: 0o700 });
  for (const left of readdirSync(layout.doomed)) free(`${layout.doomed}/${left}`);
  return Object.assign(discard, {
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  });
}

async function remove(doomed: string, path: string): Promise<void> {
  for await (const piece of flattened(doomed, path)) await rm(piece, { recursive: true, force: true });
}
