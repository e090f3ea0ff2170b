import type { Inlet } from './inlet.ts';
import { percentDecode, wrongEscape } from './percent.ts';

/** A request's first line and header fields; names in lower case, repeated fields joined with `, `. */
export interface Head {
  method: string;
  /** Percent-decoded, without the query. */
  path: string;
  query: string;
  minor: 0 | 1;
  headers: Map<string, string>;
}

/** A request that cannot be understood; the connection is closed after saying so. */
export class BadRequest extends Error {
  readonly status: string;
  /** What the body says: the status, unless it is told otherwise. */
  readonly body: string;

  constructor(status: string, body = status) {
    super(status);
    this.name = 'BadRequest';
    this.status = status;
    this.body = body;
  }
}

/** As in Go's server, whose limit is 1 MB and a little. */
const largest = 1024 * 1024 + 4096;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const once = new Set(['content-length', 'host', 'content-type', 'transfer-encoding']);

/** The next head on the connection; undefined when the client ended it in between two requests. `begun` is called with its first byte. */
export async function readHead(inlet: Inlet, begun: () => void = () => undefined): Promise<Head | undefined> {
  let buffer: Buffer = Buffer.alloc(0);
  for (;;) {
    const bytes = await inlet.read();
    if (bytes === undefined) {
      if (buffer.length === 0) return undefined;
      throw new BadRequest('400 Bad Request');
    }
    if (buffer.length === 0) begun();
    const searchFrom = Math.max(0, buffer.length - 3);
    buffer = buffer.length === 0 ? bytes : Buffer.concat([buffer, bytes]);
    let start = 0;
    // Empty lines before a request are let pass, as RFC 9112 asks.
    while (buffer[start] === 13 || buffer[start] === 10) start += 1;
    const end = endOfHead(buffer, Math.max(start, searchFrom));
    if (end !== undefined) {
      inlet.unread(buffer.subarray(end));
      return parseHead(buffer.toString('latin1', start, end));
    }
    if (buffer.length > largest) throw new BadRequest('431 Request Header Fields Too Large');
  }
}

function endOfHead(buffer: Buffer, from: number): number | undefined {
  for (let at = buffer.indexOf(10, from); at !== -1; at = buffer.indexOf(10, at + 1)) {
    if (buffer[at + 1] === 10) return at + 2;
    if (buffer[at + 1] === 13 && buffer[at + 2] === 10) return at + 3;
  }
  return undefined;
}

export function parseHead(text: string): Head {
  const [requestLine = '', ...lines] = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const [method = '', target = '', protocol = '', ...rest] = requestLine.split(' ');
  if (rest.length > 0 || !token.test(method)) throw new BadRequest('400 Bad Request');
  const version = /^HTTP\/(\d)\.(\d)$/.exec(protocol);
  if (!version) throw new BadRequest('400 Bad Request');
  if (version[1] !== '1') {
    throw new BadRequest('505 HTTP Version Not Supported: unsupported protocol version');
  }
  const headers = parseFields(lines);
  const minor = version[2] === '0' ? 0 : 1;
  if (minor === 1 && !headers.has('host')) throw new BadRequest('400 Bad Request: missing required Host header');
  return { method, ...parseTarget(target), minor, headers };
}

function parseFields(lines: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon === -1) throw new BadRequest('400 Bad Request');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    // A folded line, a space before the colon and a bare CR or NUL are what request smuggling is made of.
    if (!token.test(name)) throw new BadRequest('400 Bad Request: invalid header name');
    const value = withoutBlanks(line, colon + 1);
    if (value.includes('\0') || value.includes('\r')) throw new BadRequest('400 Bad Request');
    const before = headers.get(name);
    if (before !== undefined && once.has(name)) throw new BadRequest('400 Bad Request');
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** The rest of a line without the spaces and tabs around it. */
function withoutBlanks(line: string, from: number): string {
  let [start, end] = [from, line.length];
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

function parseTarget(target: string): { path: string; query: string } {
  const [, authority, rest = ''] = /^(https?:\/\/[^/?]*)?(.*)$/s.exec(target) ?? [];
  if (authority === undefined && !rest.startsWith('/')) throw new BadRequest('400 Bad Request');
  const mark = rest.indexOf('?');
  const raw = mark === -1 ? rest : rest.slice(0, mark);
  if (wrongEscape(raw) !== undefined) throw new BadRequest('400 Bad Request');
  return { path: percentDecode(raw === '' ? '/' : raw), query: mark === -1 ? '' : rest.slice(mark + 1) };
}
