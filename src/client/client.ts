import { type Address, parseHost, type TlsMaterial } from './address.ts';
import { ApiError, connectError, UpgradeError } from './errors.ts';
import { encodeHead, type Head, readBody, readHead } from './http.ts';
import { type ByteStream, openStream } from './stream.ts';

/** Query values; undefined, '' and false are left out, an object (filters) goes as JSON. */
export type Query = Record<string, string | number | boolean | string[] | object | undefined>;

/** One request: `path` without the version; `body` goes as JSON, `upload` as it comes: each piece is sent before the next is asked for. */
export interface Call {
  method: 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'PUT';
  path: string;
  query?: Query;
  body?: unknown;
  upload?: AsyncIterable<Uint8Array>;
  headers?: Record<string, string>;
}

/** A response below 400. Its body must be read to the end or closed. */
export interface Reply {
  status: number;
  headers: Map<string, string>;
  body: AsyncGenerator<Uint8Array>;
  text(): Promise<string>;
  json<T>(): Promise<T>;
  /** Breaks the connection off. */
  close(): void;
}

/** The engine at one address. Refusals are ApiError, silence is ConnectError. */
export interface Client {
  readonly host: string;
  /** The API version spoken; lowered when the engine is older. */
  version(): string;
  request(call: Call): Promise<Reply>;
  json<T>(call: Call): Promise<T>;
  /** Sends and forgets the body of the answer. */
  send(call: Call): Promise<number>;
  /** Takes the connection over after the engine's answer: raw bytes both ways. The caller destroys it. */
  hijack(call: Call): Promise<{ stream: ByteStream; headers: Map<string, string> }>;
  /** The same, but a refusal is an ApiError. */
  upgrade(call: Call): Promise<{ stream: ByteStream; headers: Map<string, string> }>;
  /** A connection to the engine with nothing said on it yet. The caller destroys it. */
  dial(): Promise<ByteStream>;
  /** Closes the connections that are kept for the next call. */
  close(): void;
}

/** Where the engine is and what to do when it is not there. */
export interface ClientOptions {
  host: string;
  /** The API version to speak, never lowered; without it the newest that both sides know. */
  version?: string | undefined;
  /** TLS for an address of TCP. */
  tls?: TlsMaterial | undefined;
  /** Headers of every request; what a request sets itself comes before. */
  headers?: Record<string, string> | undefined;
  /** Runs when nothing listens; when it resolves the connection is tried once more. */
  onRefused?: (() => Promise<void>) | undefined;
}

/** The newest version of the API that this client speaks. */
export const newestVersion = '1.51';
const tooNew = /client version [\d.]+ is too new\. Maximum supported API version is ([\d.]+)/;

interface Exchange {
  stream: ByteStream;
  head: Head;
}

class SocketClient implements Client {
  readonly host: string;
  private readonly address: Address;
  private readonly tls: TlsMaterial | undefined;
  private readonly headers: Record<string, string>;
  private readonly fixed: boolean;
  private readonly idle: ByteStream[] = [];
  private readonly onRefused: (() => Promise<void>) | undefined;
  private spoken: string;
  /** The engine has taken a request of this version. */
  private settled: boolean;

  constructor(options: ClientOptions) {
    this.host = options.host;
    this.address = parseHost(options.host);
    this.tls = options.tls;
    this.headers = options.headers ?? {};
    this.fixed = options.version !== undefined;
    this.settled = this.fixed;
    this.spoken = options.version ?? newestVersion;
    this.onRefused = options.onRefused;
  }

  version(): string {
    return this.spoken;
  }

  async request(call: Call): Promise<Reply> {
    const { stream, head } = await this.exchange(call);
    const done = () => this.keep(stream, head);
    if (call.method === 'HEAD') head.headers.set('content-length', '0');
    const body = readBody(stream, head, done);
    const text = () => collect(body);
    return {
      status: head.status,
      headers: head.headers,
      body,
      text,
      json: async <T>() => JSON.parse(await text()) as T,
      close: () => stream.destroy(),
    };
  }

  async json<T>(call: Call): Promise<T> {
    return (await this.request(call)).json<T>();
  }

  async send(call: Call): Promise<number> {
    const reply = await this.request(call);
    await reply.text();
    return reply.status;
  }

  async hijack(call: Call): Promise<{ stream: ByteStream; headers: Map<string, string> }> {
    try {
      return await this.upgrade(call);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new UpgradeError(error.status, error.message);
    }
  }

  async upgrade(call: Call): Promise<{ stream: ByteStream; headers: Map<string, string> }> {
    const headers = { ...call.headers, Connection: 'Upgrade', Upgrade: 'tcp' };
    const { stream, head } = await this.exchange({ ...call, headers });
    return { stream, headers: head.headers };
  }

  dial(): Promise<ByteStream> {
    return this.open();
  }

  close(): void {
    for (const stream of this.idle.splice(0)) stream.destroy();
  }

  /** One request and the head of its answer; asks again with the engine's own version when ours is too new. */
  private async exchange(call: Call): Promise<Exchange> {
    if (call.upload && !this.settled) await this.negotiate();
    for (;;) {
      const { stream, head } = await this.roundTrip(call);
      this.settled ||= head.status < 400;
      if (head.status < 400) return { stream, head };
      const message = await this.refusal(stream, head, call);
      const theirs = tooNew.exec(message)?.[1];
      if (!theirs || this.fixed || theirs === this.spoken || call.upload) throw new ApiError(head.status, message);
      this.spoken = theirs;
    }
  }

  /** An upload cannot be sent twice, so its version is settled before. */
  private async negotiate(): Promise<void> {
    const reply = await this.request({ method: 'HEAD', path: '/_ping' });
    await reply.text();
    const theirs = reply.headers.get('api-version');
    if (theirs && minor(theirs) < minor(this.spoken)) this.spoken = theirs;
  }

  private async roundTrip(call: Call): Promise<Exchange> {
    // One that was left idle may have been closed meanwhile, and an upload cannot be sent twice.
    const stream = (call.upload ? undefined : this.idle.pop()) ?? (await this.open());
    try {
      const sending = this.write(stream, call);
      const head = readHead(stream);
      // A refusal may come before the upload is through; the answer counts, not the broken pipe.
      await Promise.race([head, sending.then(() => head)]).catch(() => head);
      return { stream, head: await head };
    } catch (error) {
      stream.destroy();
      throw new Error(`error during connect: ${(error as Error).message}`, { cause: error });
    }
  }

  private keep(stream: ByteStream, head: Head): void {
    if (head.headers.get('connection')?.toLowerCase() === 'close') stream.destroy();
    else this.idle.push(stream);
  }

  private async open(): Promise<ByteStream> {
    try {
      return await openStream(this.address, this.tls);
    } catch (cause) {
      const error = connectError(this.host, cause);
      if (!error.refused || !this.onRefused) throw error;
      await this.onRefused();
      return openStream(this.address, this.tls);
    }
  }

  private async write(stream: ByteStream, call: Call): Promise<void> {
    const headers: Record<string, string> = { Host: 'docker', 'User-Agent': 'tug', ...this.headers, ...call.headers };
    const target = `/v${this.spoken}${call.path}${encodeQuery(call.query)}`;
    if (call.upload) {
      headers['Transfer-Encoding'] = 'chunked';
      headers['Content-Type'] ??= 'application/x-tar';
      await stream.write(encodeHead(call.method, target, headers));
      return writeChunks(stream, call.upload);
    }
    const body = call.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.body));
    if (body) headers['Content-Type'] = 'application/json';
    if (body || call.method === 'POST') headers['Content-Length'] = String(body?.length ?? 0);
    const head = encodeHead(call.method, target, headers);
    await stream.write(body ? Buffer.concat([head, body]) : head);
  }

  private async refusal(stream: ByteStream, head: Head, call: Call): Promise<string> {
    const body = call.method === 'HEAD' ? '' : await collect(readBody(stream, head, () => this.keep(stream, head)));
    try {
      const message = (JSON.parse(body) as { message?: string }).message;
      if (message) return message.trim();
    } catch {
      // not JSON: the text itself is all there is
    }
    const route = `http://docker/v${this.spoken}${call.path}`;
    return body.trim() || `request returned ${head.status} ${head.reason} for API route and version ${route}`;
  }
}

/** Connects with the first call. */
export function createClient(options: ClientOptions): Client {
  return new SocketClient(options);
}

function encodeQuery(query: Query = {}): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '' || value === false) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      const text = one === true ? '1' : typeof one === 'object' ? JSON.stringify(one) : String(one);
      parts.push(`${name}=${encodeURIComponent(text)}`);
    }
  }
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}

/** A chunk up to this is put into one piece with its frame: copying it costs less than two more writes. */
const smallChunk = 32 << 10;

async function writeChunks(stream: ByteStream, upload: AsyncIterable<Uint8Array>): Promise<void> {
  let end = '';
  for await (const bytes of upload) {
    const head = Buffer.from(`${end}${bytes.length.toString(16)}\r\n`);
    if (bytes.length <= smallChunk) await stream.write(Buffer.concat([head, bytes]));
    else {
      await stream.write(head);
      await stream.write(bytes);
    }
    end = '\r\n';
  }
  await stream.write(Buffer.from(`${end}0\r\n\r\n`));
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

function minor(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
