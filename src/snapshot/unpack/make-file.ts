import { constants } from 'node:fs';
import { closeFd, openIn, setTimesOf, syscall } from '../../host/index.ts';
import { explainSystemError } from '../../kit/index.ts';
import type { TarEntry } from '../../oci/index.ts';
import { setAttributesOf } from './attributes.ts';
import { bytesOf } from './entry-path.ts';
import { createFileWriter, type FileWriter, small, writeNow } from './file-writer.ts';

/** Puts contents into an open, empty file. */
export type Fill = (fd: number) => Promise<void>;

/**
 * Makes a file in a directory, with the entry's owner, mode, attributes, times and data, holes as holes. The file must not be there yet;
 * `path` is how an error names it.
 */
export async function makeFile(
  { directory, name, path }: { directory: number; name: string; path: string },
  entry: TarEntry,
  fill?: Fill,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openIn(directory, bytesOf(name), flags, { mode: entry.mode & 0o777, noSymlinks: true });
  try {
    if (!writeAtOnce({ fd, path }, entry, fill)) await writeData({ fd, path }, entry, fill);
    // By its number: a name would have to be looked for again.
    setAttributesOf(fd, entry);
    setTimesOf(fd, entry.modified);
  } finally {
    closeFd(fd);
  }
}

interface Open {
  fd: number;
  path: string;
}

/** Most files are small and have come as a whole: nothing need be waited for. False where it must be. */
function writeAtOnce({ fd, path }: Open, entry: TarEntry, fill?: Fill): boolean {
  if (fill || entry.segments || entry.size > small) return false;
  const whole = entry.ready();
  if (!whole) return false;
  try {
    writeNow(fd, whole, 0);
    return true;
  } catch (error) {
    throw worded(error, path);
  }
}

const worded = (error: unknown, path: string): unknown =>
  explainSystemError(Object.assign(error as Error, { syscall: 'write' }), `/${path}`);

async function writeData({ fd, path }: Open, entry: TarEntry, fill?: Fill): Promise<void> {
  const writer = createFileWriter(fd);
  let ended = false;
  try {
    const whole = fill || entry.segments ? undefined : entry.ready();
    if (fill) await fill(fd);
    else if (whole) await writer.add(whole, 0);
    else if (entry.size > 0) await copy(entry, writer);
    ended = true;
    await writer.end();
    if (entry.segments) syscall('ftruncate', fd, entry.size);
  } catch (error) {
    throw worded(error, path);
  } finally {
    // What is under way must not reach another file by a number that is free again.
    if (!ended) await writer.end().catch(() => undefined);
  }
}

/** Each piece to where the entry's map has it; without a map to one after the other. */
async function copy(entry: TarEntry, writer: FileWriter): Promise<void> {
  const segments = [...(entry.segments ?? [{ offset: 0, length: entry.size }])];
  let segment = segments.shift();
  let within = 0;
  for await (let bytes of entry.data()) {
    while (bytes.length > 0) {
      while (segment && within === segment.length) {
        segment = segments.shift();
        within = 0;
      }
      if (!segment) break;
      const piece = bytes.subarray(0, segment.length - within);
      await writer.add(piece, segment.offset + within);
      within += piece.length;
      bytes = bytes.subarray(piece.length);
    }
  }
}
