import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One file of a log, held open: rotation renames and removes it, but not from under us. */
export interface OpenLog {
  handle: FileHandle;
  /** Its inode number: the generation of a position in it. No other file gets the number while this one is open. */
  generation: number;
  size: number;
}

const absent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Opens one file; undefined when there is none. The caller closes the handle. */
async function openLog(path: string): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r');
    const { ino, size } = await handle.stat();
    return { handle, generation: ino, size };
  } catch (error) {
    if (absent(error)) return undefined;
    throw error;
  }
}

async function generationAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (absent(error)) return undefined;
    throw error;
  }
}

/** The file with a rotation's number: 0 is the present one. */
const numbered = (path: string, number: number): string => (number === 0 ? path : `${path}.${number}`);

/** The numbers that exist, newest first. */
async function rotations(path: string): Promise<number[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (absent(error)) return [];
    throw error;
  });
  const numbers = names.flatMap((entry) => {
    if (entry === name) return [0];
    const suffix = entry.startsWith(`${name}.`) ? entry.slice(name.length + 1) : '';
    return /^[1-9]\d*$/.test(suffix) ? [Number(suffix)] : [];
  });
  return numbers.toSorted((one, other) => one - other);
}

export const closeLogs = async (files: OpenLog[]): Promise<void> => {
  await Promise.all(files.map(({ handle }) => handle.close()));
};

const attempts = 100;

/** All files of a log as they were at one moment, oldest first. The caller closes them. */
export async function openLogs(path: string): Promise<OpenLog[]> {
  for (let attempt = 1; ; attempt++) {
    const before = await rotations(path);
    const files: OpenLog[] = [];
    for (const number of before) {
      const file = await openLog(numbered(path, number));
      if (file) files.unshift(file);
    }
    const newest = before[0] === undefined ? undefined : await generationAt(numbered(path, before[0]));
    const complete = files.length === before.length && files.at(-1)?.generation === newest;
    const unmoved = (await rotations(path)).join() === before.join();
    // A rotation came in between: what was opened may be out of order, or a file missing.
    if ((complete && unmoved && before[0] !== 1) || attempt === attempts) return files;
    await closeLogs(files);
    await sleep(1);
  }
}

/** The oldest file; undefined while there is no log. */
export async function firstLog(path: string): Promise<OpenLog | undefined> {
  const [oldest, ...others] = await openLogs(path);
  await closeLogs(others);
  return oldest;
}

/**
 * The file that follows `current` in the log: undefined while `current` is still the one that is written. Once it is
 * given, nothing more is written to `current`. When `current` was rotated away altogether, the oldest file that is left.
 */
export async function nextLog(path: string, current: OpenLog): Promise<OpenLog | undefined> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // Between the rotation's rename and the new file there is none: the writer has not gone on yet either.
    const newest = await generationAt(path);
    if (newest === undefined || newest === current.generation) return undefined;
    // Without a name left it is older than all there are; with one, not finding it means that it moved meanwhile.
    const gone = (await current.handle.stat()).nlink === 0;
    const next = gone ? await firstLog(path) : await openAfter(path, current.generation);
    if (next) return next;
  }
  return undefined;
}

async function openAfter(path: string, generation: number): Promise<OpenLog | undefined> {
  // Upwards, as files move.
  for (const number of await rotations(path)) {
    if (number === 0 || (await generationAt(numbered(path, number))) !== generation) continue;
    const file = await openLog(numbered(path, number - 1));
    // Still at its place afterwards, so that the one before it was its successor when it was opened.
    if (file && (await generationAt(numbered(path, number))) === generation) return file;
    await file?.handle.close();
    return undefined;
  }
  return undefined;
}
