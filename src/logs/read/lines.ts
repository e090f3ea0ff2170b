import type { FileHandle } from 'node:fs/promises';
import { gunzip } from './compressed.ts';

const chunkSize = 256 << 10;
const newline = 10;

/** What the lines of a file are read from. */
interface Source {
  handle: FileHandle;
  compressed: boolean;
}

const lineLimit = 4096;

/** The first line of a file, or as much of a long one as tells it from every other: it has a time in nanoseconds. Empty without one. */
export async function firstLine({ handle, compressed }: Source): Promise<string> {
  for await (const block of compressed ? gunzip(handle) : firstBytes(handle)) {
    const end = block.indexOf(newline);
    return end >= 0 ? block.toString('latin1', 0, Math.min(end, lineLimit)) : block.toString('latin1', 0, lineLimit);
  }
  return '';
}

async function* firstBytes(handle: FileHandle): AsyncGenerator<Buffer> {
  const bytes = Buffer.allocUnsafe(lineLimit);
  const { bytesRead } = await handle.read(bytes, 0, lineLimit, 0);
  const block = bytes.subarray(0, bytesRead);
  if (bytesRead === lineLimit || block.includes(newline)) yield block;
}

/** As `readBlocks`; in a compressed file, which is complete, `from` counts its plain bytes, and `to` is its end. */
export function readLines(file: Source, from: number, to?: number): AsyncGenerator<Buffer, number> {
  return file.compressed ? readCompressed(file.handle, from) : readBlocks(file.handle, from, to);
}

async function* readCompressed(handle: FileHandle, from: number): AsyncGenerator<Buffer, number> {
  let at = 0;
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of gunzip(handle)) {
    const skipped = Math.min(Math.max(from - at, 0), piece.length);
    at += piece.length;
    held = Buffer.concat([held, piece.subarray(skipped)]);
    const end = held.lastIndexOf(newline) + 1;
    if (end > 0) yield held.subarray(0, end);
    held = held.subarray(end);
  }
  return at - held.length;
}

/**
 * Blocks of whole lines of a file from `from` up to `to` (undefined: its present end), each good until the next one is asked
 * for; returns the offset after the last line. What follows it is a line that is still being written.
 */
export async function* readBlocks(file: FileHandle, from: number, to?: number): AsyncGenerator<Buffer, number> {
  let buffer = Buffer.allocUnsafe(chunkSize);
  // What stands at the buffer's beginning of a line whose end has not come yet.
  let held = 0;
  for (let at = from; ; ) {
    if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const room = buffer.length - held;
    const wanted = to === undefined ? room : Math.min(room, to - at);
    const { bytesRead } = wanted > 0 ? await file.read(buffer, held, wanted, at) : { bytesRead: 0 };
    if (bytesRead === 0) return at - held;
    at += bytesRead;
    const filled = held + bytesRead;
    const end = buffer.lastIndexOf(newline, filled - 1) + 1;
    if (end > 0) yield buffer.subarray(0, end);
    held = filled - end;
    if (end > 0) buffer.copyWithin(0, end, filled);
  }
}

/** The whole lines at a place, at most so many bytes but for one line that is longer; undefined where there is none (yet). */
export async function blockAt(file: FileHandle, from: number, limit: number): Promise<Buffer | undefined> {
  for (let room = limit; ; room *= 2) {
    const buffer = Buffer.allocUnsafe(room);
    const { bytesRead } = await file.read(buffer, 0, room, from);
    const end = bytesRead === 0 ? 0 : buffer.lastIndexOf(newline, bytesRead - 1) + 1;
    if (end > 0) return buffer.subarray(0, end);
    if (bytesRead < room) return undefined;
  }
}

/** Where the last `count` whole lines before `size` begin, and how many there are. */
export async function findTail(
  { handle, compressed }: Source,
  size: number,
  count: number,
): Promise<{ offset: number; found: number }> {
  return compressed ? findCompressedTail(handle, count) : findPlainTail(handle, size, count);
}

/** Read twice, as it cannot be read from its end: to count, and to find the place. */
async function findCompressedTail(file: FileHandle, count: number): Promise<{ offset: number; found: number }> {
  const all = await countLines(gunzip(file));
  if (all <= count) return { offset: 0, found: all };
  let left = all - count;
  let offset = 0;
  for await (const piece of gunzip(file)) {
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) {
      if (--left === 0) return { offset: offset + at + 1, found: count };
    }
    offset += piece.length;
  }
  return { offset, found: 0 };
}

/** How many newlines there are. */
export async function countLines(blocks: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const block of blocks) count += linesIn(block);
  return count;
}

export function linesIn(block: Buffer): number {
  let count = 0;
  for (let at = block.indexOf(newline); at >= 0; at = block.indexOf(newline, at + 1)) count++;
  return count;
}

async function findPlainTail(
  file: FileHandle,
  size: number,
  count: number,
): Promise<{ offset: number; found: number }> {
  let end: number | undefined;
  let found = 0;
  for (let high = size; high > 0; ) {
    const low = Math.max(0, high - chunkSize);
    const chunk = Buffer.allocUnsafe(high - low);
    const { bytesRead } = await file.read(chunk, 0, high - low, low);
    for (let at = chunk.lastIndexOf(newline, bytesRead - 1); at >= 0; at = lastBefore(chunk, at)) {
      // The first newline from behind ends the last line; every other one also begins the line after it.
      if (end === undefined) end = low + at + 1;
      else found++;
      if (found === count) return { offset: low + at + 1, found };
    }
    high = low;
  }
  if (end === undefined) return { offset: 0, found: 0 };
  return count === 0 ? { offset: end, found: 0 } : { offset: 0, found: found + 1 };
}

/** Node takes an offset of -1 for the last byte. */
function lastBefore(chunk: Buffer, at: number): number {
  return at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1);
}
