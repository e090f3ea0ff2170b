// What may take long is done in a thread: a file system that does not answer keeps nobody else waiting.
import { copyFile, read, write } from 'node:fs';

/** Reads from a place of an open file; how many bytes came, none at its end. */
export function readAside(fd: number, into: Uint8Array, position: number): Promise<number> {
  return calling((done) => read(fd, into, 0, into.length, position, done));
}

/**
 * Makes the contents of one open file another's, which is empty. The kernel copies, in a thread: nothing of it passes through this
 * program, and blocks are shared where the disk can. Permission bits may come along.
 */
export async function copyContents(from: number, to: number): Promise<void> {
  try {
    await calling((done) => copyFile(`/proc/self/fd/${from}`, `/proc/self/fd/${to}`, done));
  } catch (error) {
    // A file of a user's own (NFS, FUSE) cannot be opened anew, not even by root.
    if (!['EACCES', 'EPERM', 'ESTALE'].includes((error as { code?: string }).code ?? '')) throw error;
    await copyByPieces(from, to);
  }
}

async function copyByPieces(from: number, to: number): Promise<void> {
  const piece = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; ; ) {
    const count = await readAside(from, piece, at);
    if (count === 0) return;
    for (let from = 0; from < count; ) {
      from += await calling<number>((done) => write(to, piece, from, count - from, at + from, done));
    }
    at += count;
  }
}

/** A call with a callback as a promise. */
export function calling<T = void>(call: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
