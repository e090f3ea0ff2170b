import { frame } from '../../api/index.ts';
import type { LogForm, LogQuery } from '../contract.ts';
import { formatDetails, parseLine } from './entry.ts';
import { hasAttrs, streamOf, type Target, takeText, timeOf } from './scan-line.ts';
import { fixedTime, fixedTimeOf } from './time.ts';

/** Turns lines of a log file into what a client gets. */
export interface Transcoder {
  /** `block` is whole lines; the pieces are the caller's. */
  convert(block: Buffer): Uint8Array[];
  /** A line later than `until` has come: nothing more belongs to the answer. */
  readonly over: boolean;
}

export type TranscoderOptions = LogForm & Pick<LogQuery, 'stdout' | 'stderr'> & Partial<LogQuery>;

const [newline, upperZ, dot, zero, blank] = [0x0a, 0x5a, 0x2e, 0x30, 0x20];
const frameHead = 8;
/** `2026-01-02T03:04:05`, and the digits behind its dot. */
const [wholeSeconds, digits] = [19, 9];

/**
 * One pass over the bytes, as a log may be gigabytes long; lines that are not as the monitor writes them, or have what is
 * seldom, are parsed one by one instead.
 */
export function createTranscoder(options: TranscoderOptions): Transcoder {
  const span = createSpan(options);
  const fast = createFast(options, span);
  return {
    get over() {
      return span.over();
    },
    convert(block) {
      // What a simple line becomes is never longer than the line.
      const target: Target = { bytes: Buffer.allocUnsafe(block.length), at: 0 };
      const pieces: Uint8Array[] = [];
      let from = 0;
      for (let start = 0; start < block.length; ) {
        if (span.over()) break;
        const end = block.indexOf(newline, start);
        const before = target.at;
        if (!fast(block, start, end, target)) {
          target.at = before;
          const bytes = slow(block.subarray(start, end), options, span);
          if (bytes) {
            if (before > from) pieces.push(target.bytes.subarray(from, before));
            pieces.push(bytes);
            from = before;
          }
        }
        start = end + 1;
      }
      if (target.at > from) pieces.push(target.bytes.subarray(from, target.at));
      return pieces;
    },
  };
}

/** Which lines belong to the answer by their time; `over` from the first on that is too late. */
interface Span {
  limited: boolean;
  includes(time: string): boolean;
  over(): boolean;
}

function createSpan(options: TranscoderOptions): Span {
  const since = options.since === undefined ? undefined : fixedTimeOf(options.since);
  const until = options.until === undefined ? undefined : fixedTimeOf(options.until);
  let over = false;
  return {
    limited: since !== undefined || until !== undefined,
    includes(time) {
      const fixed = fixedTime(time);
      if (until !== undefined && fixed > until) over = true;
      return !over && (since === undefined || fixed >= since);
    },
    over: () => over,
  };
}

function slow(line: Buffer, options: TranscoderOptions, span: Span): Uint8Array | undefined {
  const entry = parseLine(line);
  if (!entry || !span.includes(entry.time) || !options[entry.stream]) return undefined;
  const time = options.timestamps ? `${fixedTime(entry.time)} ` : '';
  const details = options.details ? `${formatDetails(entry.attrs)} ` : '';
  const bytes = Buffer.concat([Buffer.from(time + details), entry.line]);
  return options.framed ? frame(entry.stream, bytes) : bytes;
}

type Fast = (block: Buffer, start: number, end: number, target: Target) => boolean;

/** Writes what a simple line becomes, which may be nothing; false for one that is not so simple. */
function createFast(options: TranscoderOptions, span: Span): Fast {
  const { framed, stdout, stderr, timestamps = false, details = false } = options;
  return (block, start, end, target) => {
    const time = timeOf(block, start, end);
    if (time < 0) return false;
    const begin = target.at;
    if (framed) target.at += frameHead;
    if (timestamps) writeTime(block, time, target);
    if (details) target.bytes[target.at++] = blank;
    const text = takeText(block, start, target);
    const kind = text < 0 ? 0 : streamOf(block, text, time);
    if (kind === 0 || (details && hasAttrs(block, text))) return false;
    const wanted = kind === 1 ? stdout : stderr;
    if ((span.limited && !span.includes(block.toString('latin1', time, end - 2))) || !wanted) target.at = begin;
    else if (framed) writeHead(target, begin, kind);
    return true;
  };
}

/** With nine digits, and a blank behind it. */
function writeTime(block: Buffer, from: number, target: Target): void {
  const { bytes } = target;
  let to = target.at;
  let at = from;
  for (let count = 0; count < wholeSeconds; count++) bytes[to++] = block[at++] ?? 0;
  bytes[to++] = dot;
  if (block[at] === dot) at++;
  for (let count = 0; count < digits; count++) bytes[to++] = block[at] === upperZ ? zero : (block[at++] ?? 0);
  bytes[to++] = upperZ;
  bytes[to++] = blank;
  target.at = to;
}

/** The head of the frame that began at `begin` and has come to its end. */
function writeHead({ bytes, at }: Target, begin: number, kind: 1 | 2): void {
  const length = at - begin - frameHead;
  bytes[begin] = kind;
  bytes[begin + 1] = bytes[begin + 2] = bytes[begin + 3] = 0;
  bytes[begin + 4] = length >>> 24;
  bytes[begin + 5] = length >>> 16;
  bytes[begin + 6] = length >>> 8;
  bytes[begin + 7] = length;
}
