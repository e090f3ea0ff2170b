import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint, type Log } from '../../kit/index.ts';

/** Takes the directories of volumes out of sight at once, and frees them beside the engine's other work. */
export interface Erase {
  /** The directory of that name is no longer there when this returns; nothing happens if it was not. */
  (name: string): void;
  /** Goes on with what an earlier engine was freeing. */
  resume(): void;
  /** Resolves once all of it is freed. */
  settled(): Promise<void>;
}

/** No volume's name begins with a dot. */
const prefix = '.removed-';

/** Whether a name among those of volumes is of a directory that is being freed. */
export const isErased = (name: string): boolean => name.startsWith(prefix);

export function createErase({ root, log }: { root: string; log: Log }): Erase {
  const running = new Set<Promise<void>>();

  function free(path: string): void {
    const removal = rm(path, { recursive: true, force: true })
      .catch((error) => log.warn('cannot remove the files of a volume', { path, error }))
      .finally(() => running.delete(removal));
    running.add(removal);
  }

  function erase(name: string): void {
    const aside = join(root, `${prefix}${randomBytes(8).toString('hex')}`);
    try {
      // The same file system: the directory of volumes may be one of its own.
      renameSync(join(root, name), aside);
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return;
      throw error;
    }
    crashpoint('volume.aside');
    free(aside);
  }

  return Object.assign(erase, {
    resume: () => {
      for (const name of readdirSync(root).filter(isErased)) free(join(root, name));
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  });
}
