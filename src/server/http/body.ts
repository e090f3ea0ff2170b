import { BadRequest, type Head } from './head.ts';
import type { Inlet } from './inlet.ts';

/** A request's body, read at most once. */
export interface Body extends AsyncIterable<Buffer> {
  /** Bytes it will have; undefined when it comes in chunks. */
  readonly length: number | undefined;
  /** It was read to its end, or there was none. */
  readonly finished: boolean;
  /** Nobody has begun to read it. */
  readonly untouched: boolean;
}

/** The body as the head frames it; `expected` is called before the first byte is read, for `100 Continue`. */
export function createBody(inlet: Inlet, head: Head, expected: () => void): Body {
  const encoding = head.headers.get('transfer-encoding');
  const declared = head.headers.get('content-length');
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new BadRequest('501 Not Implemented', 'Unsupported transfer encoding');
  }
  if (declared !== undefined && !/^\d{1,15}$/.test(declared)) throw new BadRequest('400 Bad Request');
  // Both framings at once is how one request is made to look like two.
  if (encoding !== undefined && declared !== undefined) throw new BadRequest('400 Bad Request');
  const length = encoding === undefined ? Number(declared ?? 0) : undefined;
  const state = { finished: length === 0 };
  const source = length === undefined ? chunked(inlet) : sized(inlet, length);
  let started = false;
  async function* read(): AsyncGenerator<Buffer> {
    if (state.finished) return;
    if (started) throw new Error('http: the body was read before');
    started = true;
    expected();
    yield* source;
    state.finished = true;
  }
  return {
    length,
    get finished() {
      return state.finished;
    },
    get untouched() {
      return !started;
    },
    [Symbol.asyncIterator]: read,
  };
}

async function* sized(inlet: Inlet, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; ) {
    const bytes = await some(inlet);
    if (bytes.length > left) inlet.unread(bytes.subarray(left));
    const mine = bytes.subarray(0, left);
    left -= mine.length;
    yield mine;
  }
}

async function* chunked(inlet: Inlet): AsyncGenerator<Buffer> {
  for (;;) {
    const line = await readLine(inlet);
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error('invalid byte in chunk length');
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    yield* sized(inlet, length);
    if ((await readLine(inlet)) !== '') throw new Error('malformed chunked encoding');
  }
  while ((await readLine(inlet)) !== ''); // Trailers say nothing here.
}

async function readLine(inlet: Inlet): Promise<string> {
  let line = '';
  for (;;) {
    const bytes = await some(inlet);
    const end = bytes.indexOf(10);
    line += bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
    if (line.length > 4096) throw new Error('header line too long');
    if (end === -1) continue;
    inlet.unread(bytes.subarray(end + 1));
    return line.replace(/\r$/, '');
  }
}

async function some(inlet: Inlet): Promise<Buffer> {
  const bytes = await inlet.read();
  if (bytes === undefined) throw new Error('unexpected EOF');
  return bytes;
}
