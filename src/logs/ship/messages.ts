import { createHash } from 'node:crypto';
import type { LogMessage } from '../drivers/contract.ts';
import { parseLine } from '../read/entry.ts';
import { streamOf, type Target, takeText, timeOf } from '../read/scan-line.ts';

/** What must be known of the lines before a place to go on from there: how many they were, and which line of each stream is unfinished. */
export interface Thread {
  ordinal: number;
  unfinished: { stdout?: Unfinished; stderr?: Unfinished };
}

interface Unfinished {
  id: string;
  parts: number;
}

export const noThread: Thread = { ordinal: 0, unfinished: {} };

interface Entry {
  stream: 'stdout' | 'stderr';
  time: string;
  line: Buffer;
}

const newline = 10;

/** The messages that whole lines of a log file are, and the thread after them. The same lines always make the same messages. */
export function messagesOf(block: Buffer, before: Thread, epoch: string): { messages: LogMessage[]; thread: Thread } {
  let { ordinal } = before;
  const unfinished = { ...before.unfinished };
  const messages: LogMessage[] = [];
  const target: Target = { bytes: Buffer.allocUnsafe(block.length), at: 0 };
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(newline, start);
    const entry = entryAt(block, { start, end }, target);
    start = end + 1;
    if (!entry) continue;
    const { stream, time, line } = entry;
    ordinal++;
    const whole = line.at(-1) === newline;
    const begun = unfinished[stream];
    const text = whole ? line.subarray(0, -1) : line;
    if (whole && !begun) {
      messages.push({ stream, time, line: text, ordinal });
      continue;
    }
    const { id, parts } = begun ?? { id: idOf(epoch, ordinal), parts: 0 };
    messages.push({ stream, time, line: text, ordinal, partial: { id, ordinal: parts + 1, last: whole } });
    if (whole) delete unfinished[stream];
    else unfinished[stream] = { id, parts: parts + 1 };
  }
  return { messages, thread: { ordinal, unfinished } };
}

const idOf = (epoch: string, ordinal: number): string =>
  createHash('sha256').update(`${epoch}:${ordinal}`).digest('hex');

/** As the monitor writes lines without a parser, else with one; undefined for what is none. */
function entryAt(block: Buffer, { start, end }: { start: number; end: number }, target: Target): Entry | undefined {
  const begin = target.at;
  const time = timeOf(block, start, end);
  const text = time < 0 ? -1 : takeText(block, start, target);
  const kind = text < 0 ? 0 : streamOf(block, text, time);
  if (kind === 0) {
    target.at = begin;
    const entry = parseLine(block.subarray(start, end));
    return entry && { stream: entry.stream, time: entry.time, line: Buffer.from(entry.line) };
  }
  const line = target.bytes.subarray(begin, target.at);
  return { stream: kind === 1 ? 'stdout' : 'stderr', time: block.toString('latin1', time, end - 2), line };
}
