import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { EngineError } from '../../kit/index.ts';
import type { Driver } from './driver.ts';

/** Whole copies, for any file system: slow, and every container costs its image's size, or little where the disk has reflinks. */
export const vfs: Driver = {
  name: 'vfs',
  whole: true,
  make: (path) => mkdirSync(path, { mode: 0o755 }),
  async clone(from, to) {
    try {
      await promisify(execFile)('cp', ['-a', '--reflink=auto', '--', from, to], {
        env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      });
    } catch (error) {
      throw new EngineError('internal', wordsOf(error), error);
    }
  },
  free: async () => undefined,
};

function wordsOf(error: unknown): string {
  const { stderr = '' } = error as { stderr?: string };
  if (stderr.includes('No space left on device')) return 'no space left on device';
  return `cannot copy a layer: ${stderr.trim() || (error as Error).message}`;
}
