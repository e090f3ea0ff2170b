import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstLine } from './lines.ts';

/** One file of a log, held open: rotation renames and removes it, but not from under us. */
export interface OpenLog {
  handle: FileHandle;
  /** Its inode number: the generation of a position in it. No other file gets the number while this one is open. */
  generation: number;
  /** When it was opened. */
  size: number;
  /** In milliseconds since 1970: nothing in it is later, but for the one that is being written. */
  modified: number;
  /** By gzip, since it was complete. */
  compressed: boolean;
}

const absent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Opens one file; undefined when there is none. The caller closes the handle. */
async function openLog(path: string, { compressed }: { compressed: boolean }): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r');
    const { ino, size, mtimeMs } = await handle.stat();
    return { handle, generation: ino, size, modified: mtimeMs, compressed };
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

/** Where a file of a log stands: 0 is the present one, and the higher the older. */
export interface Place {
  number: number;
  compressed: boolean;
}

/** The path of the file that stands there. */
export function pathOf(path: string, { number, compressed }: Place): string {
  return number === 0 ? path : `${path}.${number}${compressed ? '.gz' : ''}`;
}

/** The files there are, newest first. One that is there in both forms is about to lose the plain one. */
export async function places(path: string): Promise<Place[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (absent(error)) return [];
    throw error;
  });
  const found = names.flatMap((entry): Place[] => {
    if (entry === name) return [{ number: 0, compressed: false }];
    const suffix = entry.startsWith(`${name}.`) ? entry.slice(name.length + 1) : '';
    const [, number, gz] = /^([1-9]\d*)(\.gz)?$/.exec(suffix) ?? [];
    return number === undefined ? [] : [{ number: Number(number), compressed: gz !== undefined }];
  });
  const plain = new Set(found.flatMap(({ number, compressed }) => (compressed ? [] : [number])));
  const each = found.filter(({ number, compressed }) => !compressed || !plain.has(number));
  return each.toSorted((one, other) => one.number - other.number);
}

const sameOrder = (some: Place[], others: Place[]): boolean => JSON.stringify(some) === JSON.stringify(others);

export const closeLogs = async (files: OpenLog[]): Promise<void> => {
  await Promise.all(files.map(({ handle }) => handle.close()));
};

const attempts = 100;

/** All files of a log as they were at one moment, oldest first. The caller closes them. */
export async function openLogs(path: string): Promise<OpenLog[]> {
  for (let attempt = 1; ; attempt++) {
    const before = await places(path);
    const files: OpenLog[] = [];
    for (const place of before) {
      const file = await openLog(pathOf(path, place), place);
      if (file) files.unshift(file);
    }
    const newest = before[0] === undefined ? undefined : await generationAt(pathOf(path, before[0]));
    const complete = files.length === before.length && files.at(-1)?.generation === newest;
    const unmoved = sameOrder(await places(path), before);
    // A rotation came in between: what was opened may be out of order, or a file missing.
    if ((complete && unmoved && before[0]?.number !== 1) || attempt === attempts) return files;
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
 * given, nothing more is written to `current`. When `current` was rotated away altogether, the oldest file that is left, and `gap`.
 */
export async function nextLog(path: string, current: OpenLog): Promise<{ file: OpenLog; gap: boolean } | undefined> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // Between the rotation's rename and the new file there is none: the writer has not gone on yet either.
    const newest = await generationAt(path);
    if (newest === undefined || newest === current.generation) return undefined;
    // Without a name left it was compressed, or is older than all there are; with one, not finding it means that it moved meanwhile.
    const nameless = (await current.handle.stat()).nlink === 0;
    const next = nameless || current.compressed ? await nextOfSame(path, current) : await nextOf(path, current);
    if (next) return { file: next, gap: false };
    const oldest = nameless ? await firstLog(path) : undefined;
    if (oldest) return { file: oldest, gap: true };
  }
  return undefined;
}

async function nextOf(path: string, { generation }: OpenLog): Promise<OpenLog | undefined> {
  // Upwards, as files move.
  for (const place of await places(path)) {
    if (place.number === 0 || (await generationAt(pathOf(path, place))) !== generation) continue;
    const file = await openPlace(path, place.number - 1);
    // Still at its place afterwards, so that the one before it was its successor when it was opened.
    if (file && (await generationAt(pathOf(path, place))) === generation) return file;
    await file?.handle.close();
    return undefined;
  }
  return undefined;
}

/** In whichever form it is there. */
async function openPlace(path: string, number: number): Promise<OpenLog | undefined> {
  for (const compressed of [false, true]) {
    const file = await openLog(pathOf(path, { number, compressed }), { compressed });
    if (file) return file;
  }
  return undefined;
}

/** What was compressed is another file, but has the same first line. */
async function nextOfSame(path: string, current: OpenLog): Promise<OpenLog | undefined> {
  const line = await firstLine(current);
  const files = line === '' ? [] : await openLogs(path);
  const firsts = await Promise.all(files.map((file) => (file.compressed ? firstLine(file) : '')));
  const next = files[firsts.indexOf(line) + 1];
  const found = firsts.includes(line) ? next : undefined;
  await closeLogs(files.filter((file) => file !== found));
  return found;
}
