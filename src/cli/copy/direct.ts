import { copiedEnds, copiedType } from '../../api/index.ts';
import type { Client, Query, Reply } from '../../client/index.ts';
import { fs } from '../lazy.ts';
import { toText } from './bytes.ts';
import { nameOpenFile } from './given.ts';

/** A directory of this machine's that the engine copies from, or into, by itself. */
export interface OpenDirectory {
  /** How it is named to the engine. */
  query: Query;
  close(): void;
}

/**
 * Opens a directory for the engine, where that may do: what is copied has this one `name` (a byte string), and this process may do
 * whatever an engine of this machine may. Undefined where only an archive will do.
 */
export function openFor(client: Client, directory: string, name: string): OpenDirectory | undefined {
  const word = name.replace(/\/+$/, '');
  if (word === '' || word === '..' || word.includes('/')) return undefined;
  if (!client.host.startsWith('unix:') || process.geteuid?.() !== 0) return undefined;
  const { openSync, closeSync, constants } = fs();
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined; // the archive's way finds the same, and has the words
  }
  return { query: { directory: nameOpenFile(fd), name: toText(word) }, close: () => closeSync(fd) };
}

/** Whether the answer tells of such a copy. */
export function isCopied(reply: Reply): boolean {
  return reply.headers.get('content-type') === copiedType;
}

/** Waits for the copy; false where only an archive will do. `count` hears of its bytes. */
export async function followCopy(reply: Reply, count: (bytes: number) => void): Promise<boolean> {
  let counted = 0;
  let held = '';
  for await (const bytes of reply.body) {
    const lines = (held + Buffer.from(bytes).toString('latin1')).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      if (line === copiedEnds.whole) return true;
      const size = line === copiedEnds.again ? 0 : Number(line);
      count(size - counted);
      counted = size;
    }
  }
  return false;
}
