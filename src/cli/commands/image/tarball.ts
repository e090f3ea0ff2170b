import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

/** The bytes of a file; throws at once, in the words of an `open`, when it cannot be read. */
export async function readFileOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const { code } = error as { code?: string };
    const reason = code === 'EACCES' ? 'permission denied' : 'no such file or directory';
    throw new Error(`open ${path}: ${reason}`, { cause: error });
  }
  return Bun.file(path).stream() as unknown as AsyncIterable<Uint8Array>;
}
