import type { ByteStream } from './stream.ts';

/** The first lines of a response; header names are lower case. */
export interface Head {
  status: number;
  reason: string;
  headers: Map<string, string>;
}

const text = new TextEncoder();
const latin = new TextDecoder('latin1');
const longestHead = 1 << 20;

/** A request's first lines as bytes. */
export function encodeHead(method: string, target: string, headers: Record<string, string>): Uint8Array {
  const lines = [`${method} ${target} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return text.encode(`${lines.join('\r\n')}\r\n\r\n`);
}

/** Reads a response's head; what came after it is put back. */
export async function readHead(stream: ByteStream): Promise<Head> {
  let held: Uint8Array = new Uint8Array(0);
  for (;;) {
    const bytes = await stream.read();
    if (!bytes) throw new Error(held.length === 0 ? 'EOF' : 'unexpected EOF');
    held = held.length === 0 ? bytes : join(held, bytes);
    const end = endOfHead(held);
    if (end >= 0) {
      stream.unread(held.subarray(end + 4));
      return parseHead(latin.decode(held.subarray(0, end)));
    }
    if (held.length > longestHead) throw new Error('response header too large');
  }
}

/** The body of a response as it comes, whole or broken off with an error; `done` runs when the connection can be used again. */
export async function* readBody(stream: ByteStream, head: Head, done: () => void): AsyncGenerator<Uint8Array> {
  const length = head.headers.get('content-length');
  if (head.status === 204 || head.status === 304 || length === '0') {
    done();
    return;
  }
  if (head.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
    yield* readChunks(stream);
    done();
    return;
  }
  if (length === undefined) {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) yield bytes;
    stream.destroy();
    return;
  }
  yield* readExactly(stream, Number(length));
  done();
}

async function* readExactly(stream: ByteStream, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  while (left > 0) {
    const bytes = await stream.read();
    if (!bytes) throw new Error('unexpected EOF');
    if (bytes.length > left) stream.unread(bytes.subarray(left));
    yield bytes.subarray(0, left);
    left -= Math.min(left, bytes.length);
  }
}

async function* readChunks(stream: ByteStream): AsyncGenerator<Uint8Array> {
  for (;;) {
    const size = Number.parseInt(await readLine(stream), 16);
    if (Number.isNaN(size)) throw new Error('malformed chunked encoding');
    if (size === 0) break;
    yield* readExactly(stream, size);
    await readLine(stream);
  }
  while ((await readLine(stream)) !== '') {
    // trailers say nothing that this client needs
  }
}

async function readLine(stream: ByteStream): Promise<string> {
  let line = '';
  for (;;) {
    const bytes = await stream.read();
    if (!bytes) throw new Error('unexpected EOF');
    const end = bytes.indexOf(10);
    line += latin.decode(end < 0 ? bytes : bytes.subarray(0, end));
    if (end < 0) continue;
    stream.unread(bytes.subarray(end + 1));
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}

function parseHead(source: string): Head {
  const [first = '', ...lines] = source.split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first);
  if (!match) throw new Error(`malformed HTTP response "${first}"`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(match[1]), reason: match[2] ?? '', headers };
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
