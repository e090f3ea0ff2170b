import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat, unlink, utimes } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { lockOpenFile } from '../../host/index.ts';
import { crashpoint } from '../../kit/index.ts';
import { type Place, pathOf, places } from '../read/files.ts';

/**
 * Milliseconds after which a file is compressed: readers that have just been told of a place in it still find it, and a log that
 * rotates many times a second costs nothing.
 */
export const settled = 1000;

const statOf = (path: string) => stat(path).catch(() => undefined);

/**
 * Compresses those files of a log that are written no more, each to `.gz` in its place; those whose inode `keep` names stay as they
 * are. A kill leaves each file in one form or, for the next call to mend, in both.
 */
export async function compressRotated(
  path: string,
  keep: (generation: number) => boolean = () => false,
): Promise<void> {
  const plain = (await places(path)).filter(({ number, compressed }) => number > 0 && !compressed);
  // From the oldest on, so that what is compressed is always the older part.
  for (const place of plain.toReversed()) {
    const status = await statOf(pathOf(path, place));
    if (!status || keep(status.ino) || Date.now() - status.mtimeMs < settled) continue;
    const ready = `${path}.compressing`;
    await pipeline(createReadStream(pathOf(path, place)), createGzip(), createWriteStream(ready, { mode: 0o640 }));
    await utimes(ready, status.atime, status.mtime);
    crashpoint('logs.compressed');
    if (!(await replace(path, { generation: status.ino, size: status.size }, ready))) await unlink(ready);
  }
}

/** Puts the compressed file where the plain one stands by now; false where there is none any more, or it moves at this moment. */
async function replace(path: string, plain: { generation: number; size: number }, ready: string): Promise<boolean> {
  const current = await open(path, 'r+').catch(() => undefined);
  if (!current) return false;
  try {
    // Who has this lock rotates, or keeps others from it: see rotate in native/log.c.
    if (!lockOpenFile(current.fd) || (await statOf(path))?.ino !== (await current.stat()).ino) return false;
    const place = await find(path, plain.generation);
    if (!place) return false;
    const old = pathOf(path, place);
    if ((await statOf(old))?.size !== plain.size) return false;
    await rename(ready, `${old}.gz`);
    crashpoint('logs.compressedInPlace');
    await unlink(old);
    return true;
  } finally {
    await current.close();
  }
}

async function find(path: string, generation: number): Promise<Place | undefined> {
  for (const place of await places(path)) {
    if (place.number > 0 && !place.compressed && (await statOf(pathOf(path, place)))?.ino === generation) return place;
  }
  return undefined;
}
