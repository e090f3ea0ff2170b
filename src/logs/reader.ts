import type { LogEntry, LogQuery, LogReader } from './contract.ts';
import { closeLogs, type OpenLog, openLogs } from './files.ts';
import { follow } from './follow.ts';
import { findTail, parseLine, readLines } from './lines.ts';
import { nanoseconds, parseTime } from './time.ts';

/** A reader of Docker's json-file logs; it keeps nothing between calls. */
export function createLogReader(): LogReader {
  return {
    read: (path, query, ended, signal) => select(lines(path, query, ended, signal), query),
    readUntil: (path, position) => entries(linesUntil(path, position)),
  };
}

async function* entries(lines: AsyncIterable<Buffer>): AsyncGenerator<LogEntry> {
  for await (const line of lines) {
    const entry = parseLine(line);
    if (entry) yield entry;
  }
}

async function* select(lines: AsyncIterable<Buffer>, query: LogQuery): AsyncGenerator<LogEntry> {
  const since = query.since === undefined ? undefined : nanoseconds(query.since);
  const until = query.until === undefined ? undefined : nanoseconds(query.until);
  for await (const entry of entries(lines)) {
    const time = since === undefined && until === undefined ? undefined : parseTime(entry.time);
    if (time !== undefined && since !== undefined && time < since) continue;
    if (time !== undefined && until !== undefined && time > until) return;
    if (query[entry.stream]) yield entry;
  }
}

/** From the place that `tail` asks for to the log's present end, then, with `follow`, whatever comes. */
async function* lines(
  path: string,
  query: LogQuery,
  ended: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const files = await openLogs(path);
  const last = files.at(-1);
  let offset = 0;
  try {
    const start = await startOf(files, query.tail);
    for (const [index, file] of files.entries()) {
      if (index < start.file) continue;
      if (signal.aborted) return;
      const from = index === start.file ? start.offset : 0;
      offset = yield* readLines(file.handle, from, file.size);
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
    const { offset, found } = await findTail(file.handle, file.size, missing);
    missing -= found;
    if (missing === 0) return { file: index, offset };
  }
  return { file: 0, offset: 0 };
}

async function* linesUntil(path: string, position: { generation: number; offset: number }): AsyncGenerator<Buffer> {
  const files = await openLogs(path);
  try {
    const last = files.findIndex(({ generation }) => generation === position.generation);
    for (const [index, { handle, size }] of files.entries()) {
      if (index > last) return;
      yield* readLines(handle, 0, index === last ? position.offset : size);
    }
  } finally {
    await closeLogs(files);
  }
}
