import type { LogQuery, LogReader } from '../contract.ts';
import { closeLogs, type OpenLog, openLogs } from './files.ts';
import { follow } from './follow.ts';
import { findTail, readLines } from './lines.ts';
import { nanoseconds } from './time.ts';
import { createTranscoder, type TranscoderOptions } from './transcode.ts';

/** A reader of Docker's json-file logs; it keeps nothing between calls. */
export function createLogReader(): LogReader {
  return {
    read: (path, query, ended, signal) => convert(blocks(path, query, ended, signal), query),
    readUntil: (path, position, form) => convert(blocksUntil(path, position), form),
  };
}

async function* convert(blocks: AsyncIterable<Buffer>, options: TranscoderOptions): AsyncGenerator<Uint8Array> {
  const transcoder = createTranscoder(options);
  for await (const block of blocks) {
    yield* transcoder.convert(block);
    if (transcoder.over) return;
  }
}

const fileClock = 1000;

/** From the place that `tail` asks for to the log's present end, then, with `follow`, whatever comes. */
async function* blocks(
  path: string,
  query: LogQuery,
  ended: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const files = await openLogs(path);
  const last = files.at(-1);
  // What was written before that time need not be read. The clock of files is a little behind.
  const earliest = query.since === undefined ? 0 : Number(nanoseconds(query.since) / 1_000_000n) - fileClock;
  let offset = 0;
  try {
    const start = await startOf(files, query.tail);
    for (const [index, file] of files.entries()) {
      if (index < start.file) continue;
      if (signal.aborted) return;
      const from = index === start.file ? start.offset : 0;
      if (file !== last && file.modified < earliest) continue;
      offset = yield* readLines(file, from, file.size);
    }
    if (!query.follow) return;
    files.pop();
  } finally {
    await closeLogs(files);
  }
  const from = last ? { from: { file: last, offset } } : {};
  yield* withDeadline(query, ended, (over) => follow({ path, ...from, ended: over, signal }));
}

/** Follows until `ended`, or until the time `until` has come. */
async function* withDeadline(
  { until }: LogQuery,
  ended: Promise<unknown>,
  following: (over: Promise<unknown>) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  if (until === undefined) {
    yield* following(ended);
    return;
  }
  const deadline = Promise.withResolvers<void>();
  const wait = Number(nanoseconds(until) / 1_000_000n) - Date.now();
  // A longer time than a timer can count is as good as none.
  const timer = wait < 2 ** 31 ? setTimeout(deadline.resolve, Math.max(wait, 0)) : undefined;
  try {
    yield* following(Promise.race([ended, deadline.promise]));
  } finally {
    clearTimeout(timer);
  }
}

/** Where the last `tail` lines begin: the file's index and the offset in it. */
async function startOf(files: OpenLog[], tail: number | undefined): Promise<{ file: number; offset: number }> {
  if (tail === undefined || tail < 0) return { file: 0, offset: 0 };
  let missing = tail;
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index];
    if (!file) break;
    const { offset, found } = await findTail(file, file.size, missing);
    missing -= found;
    if (missing === 0) return { file: index, offset };
  }
  return { file: 0, offset: 0 };
}

async function* blocksUntil(path: string, position: { generation: number; offset: number }): AsyncGenerator<Buffer> {
  const files = await openLogs(path);
  try {
    const last = files.findIndex(({ generation }) => generation === position.generation);
    for (const [index, file] of files.entries()) {
      if (index > last) return;
      yield* readLines(file, 0, index === last ? position.offset : file.size);
    }
  } finally {
    await closeLogs(files);
  }
}
