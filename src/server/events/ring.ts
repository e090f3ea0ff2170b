import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint, type Log, messageOf } from '../../kit/index.ts';

/** Nanoseconds since the epoch. */
interface Span {
  since?: bigint;
  until?: bigint;
}

/** The latest events on disk: two files, of which the older one goes when the newer one is full. */
export interface EventRing {
  /** A kill of the engine does not lose it; nobody waits for the disk. The line ends in a newline. */
  append(timeNano: number, line: string): void;
  /** The lines between two times (both included) that were appended until now, oldest first, some at a time. */
  read(span: Span): AsyncIterable<string[]>;
  close(): void;
}

interface Options {
  directory: string;
  /** How large one of the two files becomes, in bytes. */
  fileSize: number;
  log: Log;
}

const chunkSize = 256 << 10;

/** What the last engine wrote is there; a line that its end tore apart is not. */
export function createEventRing({ directory, fileSize, log }: Options): EventRing {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'events.log');
  const older = `${path}.1`;
  let { fd, size } = openWhole(path);
  let rotations = 0;
  const rotate = () => {
    rotations += 1;
    renameSync(path, older);
    crashpoint('events.rotated');
    closeSync(fd);
    ({ fd, size } = openWhole(path));
  };
  /** Both files of one moment; what was the present one `since` may have become the older one, or be gone. */
  const opened = async (since: number) => {
    for (;;) {
      const at = rotations;
      const [before, present] = [await open(older, 'r').catch(() => undefined), await open(path, 'r')];
      if (at === rotations) return { before, present, moved: at - since };
      await before?.close();
      await present.close();
    }
  };
  return {
    append(timeNano, line) {
      const bytes = Buffer.from(`${timeNano} ${line}`);
      try {
        if (size > 0 && size + bytes.length > fileSize) rotate();
        size += writeSync(fd, bytes);
      } catch (error) {
        // A full disk costs the memory of events, not the events.
        log.warn('an event could not be written down', { error: messageOf(error) });
      }
    },
    read(span) {
      const end = { size, rotations };
      return (async function* lines() {
        const { before, present, moved } = await opened(end.rotations);
        try {
          if (before && moved < 2) yield* within(before, span, moved === 1 ? end.size : undefined);
          if (moved === 0) yield* within(present, span, end.size);
        } finally {
          await before?.close();
          await present.close();
        }
      })();
    },
    close() {
      closeSync(fd);
    },
  };
}

/** Opens for appending, without what stands behind the last newline. */
function openWhole(path: string): { fd: number; size: number } {
  const fd = openSync(path, 'a+', 0o600);
  const { size } = fstatSync(fd);
  const tail = Buffer.alloc(Math.min(size, chunkSize));
  readSync(fd, tail, 0, tail.length, size - tail.length);
  const whole = size - tail.length + tail.lastIndexOf(10) + 1;
  if (whole < size) ftruncateSync(fd, whole);
  return { fd, size: whole };
}

/** Lines of a file up to `end`, or its present size, whose time is within the span. */
async function* within(handle: FileHandle, { since, until }: Span, end?: number) {
  const size = end ?? (await handle.stat()).size;
  let rest = '';
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(Math.min(chunkSize, size - at)),
      0,
      undefined,
      at,
    );
    if (bytesRead === 0) return;
    at += bytesRead;
    // An event's bytes are cut only in latin1 without harm to its characters.
    const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
    rest = lines.pop() ?? '';
    const found = lines.flatMap((line) => {
      const blank = line.indexOf(' ');
      if (blank < 1) return [];
      const time = BigInt(line.slice(0, blank));
      if ((since !== undefined && time < since) || (until !== undefined && time > until)) return [];
      return [`${Buffer.from(line.slice(blank + 1), 'latin1').toString('utf8')}\n`];
    });
    if (found.length > 0) yield found;
  }
}
