import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EngineError } from '../../kit/index.ts';

/** A copy of a tree with all that its files have, and with shared blocks where the disk has reflinks. */
export async function copyTree(from: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['-a', '--reflink=auto', '--', from, to], {
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    });
  } catch (error) {
    throw new EngineError('internal', wordsOf(error), error);
  }
}

function wordsOf(error: unknown): string {
  const { stderr = '' } = error as { stderr?: string };
  if (stderr.includes('No space left on device')) return 'no space left on device';
  return `cannot copy a layer: ${stderr.trim() || (error as Error).message}`;
}
