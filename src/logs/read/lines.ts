import type { FileHandle } from 'node:fs/promises';

const chunkSize = 256 << 10;
const newline = 10;

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

/** Where the last `count` whole lines before `size` begin, and how many there are. */
export async function findTail(
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
