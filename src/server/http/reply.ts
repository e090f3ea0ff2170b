import type { Duplex } from 'node:stream';
import type { Head } from './head.ts';
import type { Outlet } from './outlet.ts';

export type Fields = Record<string, string>;

/** The one answer to a request. Exactly one of its calls begins it; a second is a programming error. */
export interface Reply {
  /** Fields that every later call sends along. */
  set(fields: Fields): void;
  readonly started: boolean;
  /** All of it was written. */
  readonly complete: boolean;
  readonly hijacked: boolean;
  /** No body: 204, 304, or a length of 0. */
  empty(status: number): Promise<void>;
  bytes(status: number, type: string, body: string | Uint8Array): Promise<void>;
  /** Sends the head at once; the body follows in pieces until `end`. */
  stream(status: number, fields: Fields): Promise<Sink>;
  /** Takes the connection away from HTTP: `head` goes out as it is, and the stream is the client's. */
  hijack(head: string): Promise<Duplex>;
}

/** A body on its way out; writes to a client that has gone are dropped. */
export interface Sink {
  write(bytes: Uint8Array | string): Promise<void>;
  end(): Promise<void>;
}

const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** What the status line says after the number. */
export function reasonOf(status: number): string {
  return reasons[status] ?? 'Unknown';
}

export interface ReplyOptions {
  head: Head;
  outlet: Outlet;
  /** Whether the connection stays after this answer; asked when the head goes out. */
  keepAlive: () => boolean;
  hijack: () => Duplex;
}

/** A reply that writes itself on the connection. */
export function createReply({ head, outlet, keepAlive, hijack }: ReplyOptions): Reply {
  const always: Fields = {};
  let started = false;
  let complete = false;
  let hijacked = false;
  const begin = (status: number, fields: Fields): string => {
    if (started) throw new Error('the reply has begun already');
    started = true;
    const all: Fields = { ...always, ...fields, Date: new Date().toUTCString() };
    // To who speaks HTTP/1.0 the end of the connection needs no announcement.
    if (!keepAlive() && head.minor === 1) all.Connection = 'close';
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value.replace(/[\r\n\0]/g, ' ')}\r\n`);
    return `HTTP/1.${head.minor} ${status} ${reasonOf(status)}\r\n${lines.join('')}\r\n`;
  };
  return {
    set: (fields) => void Object.assign(always, fields),
    get started() {
      return started;
    },
    get complete() {
      return complete;
    },
    get hijacked() {
      return hijacked;
    },
    async empty(status) {
      complete = true;
      const bodiless = status === 204 || status === 304;
      await outlet.write(begin(status, bodiless ? {} : { 'Content-Length': '0' }));
    },
    async bytes(status, type, body) {
      complete = true;
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const length = head.method === 'HEAD' ? 0 : bytes.length;
      const text = begin(status, { 'Content-Type': type, 'Content-Length': String(length) });
      await outlet.write(length === 0 ? text : Buffer.concat([Buffer.from(text, 'latin1'), bytes]));
    },
    async stream(status, fields) {
      const chunked = head.minor === 1;
      await outlet.write(begin(status, chunked ? { ...fields, 'Transfer-Encoding': 'chunked' } : fields));
      const sink = chunked ? chunkedSink(outlet) : { write: outlet.write, end: async () => undefined };
      return {
        write: sink.write,
        end() {
          complete = true;
          return sink.end();
        },
      };
    },
    async hijack(text) {
      if (started) throw new Error('the reply has begun already');
      started = true;
      hijacked = true;
      await outlet.write(text);
      return hijack();
    },
  };
}

/** A chunk up to this goes out in one piece with its frame: copying it costs less than two more writes. */
const smallChunk = 32 << 10;

function chunkedSink(outlet: Outlet): Sink {
  return {
    async write(piece) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      if (bytes.length === 0) return;
      const head = `${bytes.length.toString(16)}\r\n`;
      if (bytes.length <= smallChunk) {
        return outlet.write(Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')]));
      }
      // Nobody comes in between: the three are handed over in one turn.
      void outlet.write(head);
      void outlet.write(bytes);
      await outlet.write('\r\n');
    },
    end: () => outlet.write('0\r\n\r\n'),
  };
}
