import type { FileHandle } from 'node:fs/promises';
import type { LogEntry } from './contract.ts';

const chunkSize = 64 << 10;
const newline = 10;

/**
 * Whole lines of a file from `from` up to `to` (undefined: its present end), each without its newline; returns the offset
 * after the last of them. What follows it is a line that is still being written.
 */
export async function* readLines(file: FileHandle, from: number, to?: number): AsyncGenerator<Buffer, number> {
  let done = from;
  let at = from;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const wanted = to === undefined ? chunkSize : Math.min(chunkSize, to - at);
    const chunk = Buffer.allocUnsafe(Math.max(wanted, 0));
    const { bytesRead } = wanted > 0 ? await file.read(chunk, 0, wanted, at) : { bytesRead: 0 };
    if (bytesRead === 0) return done;
    at += bytesRead;
    const read = chunk.subarray(0, bytesRead);
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, read]) : read;
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      done += end + 1 - start;
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
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
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (chunk[at] !== newline) continue;
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

const opening = '{"log":';

/** The entry a line holds; undefined for a line that is none. A line that a torn one runs into is still found. */
export function parseLine(line: Buffer): LogEntry | undefined {
  const at = line.lastIndexOf(opening);
  if (at < 0) return undefined;
  let parsed: { log?: unknown; stream?: unknown; time?: unknown; attrs?: Record<string, string> } | null;
  try {
    parsed = JSON.parse(line.toString('utf8', at)) as typeof parsed;
  } catch {
    return undefined;
  }
  const { log, stream, time, attrs } = parsed ?? {};
  if (typeof log !== 'string' || typeof time !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) {
    return undefined;
  }
  return { stream, time, line: Buffer.from(log), ...(attrs ? { attrs } : {}) };
}
