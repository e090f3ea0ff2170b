import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { closeLogs, nextLog, type OpenLog, openLogs } from '../read/files.ts';
import { blockAt, countLines, firstLine, linesIn, readLines } from '../read/lines.ts';

/** A place in a log that means the same to the next engine: what tells a file from every other is its first line. */
export interface Position {
  /** Empty for the beginning of the oldest file there is. */
  file: string;
  /** Its inode, for files that begin with equal parts of one long line; others may have it by then. */
  generation?: number;
  offset: number;
}

/** The same for as long as the file is held. */
export interface Spot {
  file: OpenLog;
  offset: number;
}

/** What of a log has not been sent, or may have to be sent again, with its files held open. */
export interface Backlog {
  /** The next whole lines and the spot after them; undefined where there are none now. */
  read(): Promise<{ block: Buffer; spot: Spot } | undefined>;
  /** Goes on from there, which was not released. */
  rewind(spot: Spot | undefined): void;
  /** What lies before it is not needed any more. */
  release(spot: Spot): Promise<void>;
  /**
   * Finds the files that came, and gives up what the log's bounds have no room for: of the files that were removed only one stays held.
   * How many lines are lost by that; NaN where nobody knows.
   */
  look(): Promise<number>;
  /** Whether the last look was not disturbed by a move. */
  sawAll(): boolean;
  /** The log lies elsewhere from now on. */
  move(path: string): void;
  /** Bytes that were not read yet. */
  unread(): number;
  /** Passes over at least so many bytes, in whole lines, or all there is; how many lines. */
  skip(bytes: number): Promise<number>;
  here(): Spot | undefined;
  /** The spot, or the beginning of what is still held where its file is not. */
  kept(spot: Spot | undefined): Spot | undefined;
  position(spot: Spot): Promise<Position>;
  holds(generation: number): boolean;
  close(): Promise<void>;
}

const blockSize = 64 << 10;

const nameOf = async (file: OpenLog): Promise<string> => {
  const line = await firstLine(file);
  return line === '' ? '' : createHash('sha256').update(line, 'latin1').digest('hex').slice(0, 32);
};

/** The end of a log as it is now. */
export async function endOf(path: string): Promise<Position> {
  const files = await openLogs(path);
  try {
    const last = files.findLast(({ size }) => size > 0);
    return last
      ? { file: await nameOf(last), generation: last.generation, offset: last.size }
      : { file: '', offset: 0 };
  } finally {
    await closeLogs(files);
  }
}

/** Opens a log at a position. Where that is gone it begins with the oldest file there is, and `look` tells of a gap. */
export async function openBacklog(path: string, from: Position): Promise<Backlog> {
  const all = await openLogs(path);
  const start = await indexOf(all, from);
  const gone = start < 0 && from.file !== '';
  const files = all.slice(Math.max(start, 0));
  await closeLogs(all.slice(0, Math.max(start, 0)));
  return createBacklog({ path, files, index: 0, offset: start < 0 ? 0 : from.offset, gone, whole: false });
}

async function indexOf(files: OpenLog[], { file, generation }: Position): Promise<number> {
  if (file === '') return -1;
  const names = await Promise.all(files.map(nameOf));
  const exact = files.findIndex((candidate, index) => names[index] === file && candidate.generation === generation);
  return exact >= 0 ? exact : names.indexOf(file);
}

/** The files held, oldest first, and the place in them. */
interface Held {
  path: string;
  files: OpenLog[];
  index: number;
  offset: number;
  /** Nobody knows what came between the position that was asked for and the first file. */
  gone: boolean;
  /** The last look was at the path as it is. */
  whole: boolean;
}

function createBacklog(held: Held): Backlog {
  const { files } = held;
  const names = new Map<OpenLog, string>();
  return {
    read: () => read(held),
    rewind(spot) {
      held.index = Math.max(files.indexOf(spot?.file as OpenLog), 0);
      held.offset = spot && files[held.index] === spot.file ? spot.offset : 0;
    },
    async release({ file }) {
      const old = files.splice(0, Math.max(files.indexOf(file), 0));
      held.index -= old.length;
      await closeLogs(old);
    },
    move(to) {
      held.path = to;
    },
    look: () => look(held),
    sawAll: () => held.whole,
    unread: () => files.slice(held.index).reduce((sum, file) => sum + sizeOf(file), 0) - held.offset,
    async skip(bytes) {
      let lines = 0;
      for (let left = bytes; left > 0; ) {
        const piece = await read(held);
        if (!piece) break;
        lines += linesIn(piece.block);
        left -= piece.block.length;
      }
      return lines;
    },
    here() {
      const file = files[held.index];
      return file && { file, offset: held.offset };
    },
    kept(spot) {
      const [oldest] = files;
      if (spot && files.includes(spot.file)) return spot;
      return oldest && { file: oldest, offset: 0 };
    },
    async position(spot) {
      const name = names.get(spot.file) ?? (await nameOf(spot.file));
      if (name !== '') names.set(spot.file, name);
      return { file: name, generation: spot.file.generation, offset: spot.offset };
    },
    holds: (generation) => files.some((file) => file.generation === generation),
    close: () => closeLogs(files.splice(0)),
  };
}

async function read(held: Held): Promise<{ block: Buffer; spot: Spot } | undefined> {
  const { files } = held;
  for (let file = files[held.index]; file; file = files[held.index]) {
    const block = await blockOf(file, held.offset);
    if (block) {
      held.offset += block.length;
      return { block, spot: { file, offset: held.offset } };
    }
    // What follows the last line of a file that is written no more is half a line, which is nothing.
    if (held.index === files.length - 1) return undefined;
    held.index++;
    held.offset = 0;
  }
  return undefined;
}

async function look(held: Held): Promise<number> {
  const { path, files } = held;
  let lost = held.gone ? Number.NaN : 0;
  held.gone = false;
  if (files.length === 0) files.push(...(await openLogs(path)));
  for (let last = files.at(-1); last; last = files.at(-1)) {
    const next = await nextLog(path, last);
    if (!next) break;
    if (next.gap) lost = Number.NaN;
    files.push(next.file);
  }
  held.whole = path === held.path;
  while (isRemoved(files[0]) && isRemoved(files[1])) lost += await dropFirst(held);
  return lost;
}

/** The lines that nobody has read of it are lost. */
async function dropFirst(held: Held): Promise<number> {
  const file = held.files.shift();
  if (!file) return 0;
  const lines = held.index > 0 ? 0 : await countLines(readLines(file, held.offset));
  if (held.index === 0) held.offset = 0;
  else held.index--;
  await file.handle.close();
  return lines;
}

const sizeOf = ({ handle, size, compressed }: OpenLog): number => (compressed ? size : fstatSync(handle.fd).size);
const isRemoved = (file: OpenLog | undefined): boolean => file !== undefined && fstatSync(file.handle.fd).nlink === 0;

async function blockOf(file: OpenLog, offset: number): Promise<Buffer | undefined> {
  if (!file.compressed) return sizeOf(file) > offset ? blockAt(file.handle, offset, blockSize) : undefined;
  const { value } = await readLines(file, offset).next();
  return value instanceof Buffer ? value : undefined;
}
