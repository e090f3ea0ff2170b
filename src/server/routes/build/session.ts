import type { Duplex } from 'node:stream';
import {
  type BuildSessionRequest,
  buildFrame,
  buildFrames,
  buildMessage,
  type ClientMessage,
  createBuildReader,
  type EngineMessage,
  type SessionEntry,
} from '../../../api/index.ts';
import type { Builds, LocalEntry } from '../../../build/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';

/** The engine's side of a build that tug's own command line asks for. */
export interface Session {
  request(): Promise<BuildSessionRequest>;
  tell(message: EngineMessage): void;
  /** The client's files of a context, as they are now. */
  files(context: string, key: string): ReturnType<Builds['localFiles']>;
  secret(id: string): Promise<Uint8Array | undefined>;
  /** Opens a channel of its own and sends all of it. */
  send(message: (channel: number) => EngineMessage, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  end(message: EngineMessage): void;
}

const kinds = { f: 'file', d: 'directory', l: 'symlink' } as const;

export function createSession(stream: Duplex, builds: Builds): Session {
  const left = new AbortController();
  const asked = createAnswers<Uint8Array | undefined>();
  const requested = Promise.withResolvers<BuildSessionRequest>();
  const lists = new Map<string, Listing>();
  const channels = new Map<number, Inflow>();
  let nextChannel = 1;

  function onMessage(message: ClientMessage): void {
    if ('request' in message) requested.resolve(message.request);
    else if ('secret' in message) {
      const { id, data } = message.secret;
      asked.answer(`secret ${id}`, data === null ? undefined : Buffer.from(data, 'base64'));
    } else if ('failed' in message) {
      lists.get(message.failed.context)?.fail(new EngineError('invalid', message.failed.message));
    } else lists.get(message.entries.context)?.add(message.entries.entries, message.entries.last);
  }

  const read = createBuildReader((kind, channel, payload) => {
    if (kind === buildFrames.message) onMessage(JSON.parse(payload.toString()) as ClientMessage);
    else if (kind === buildFrames.data) {
      if (channels.get(channel)?.push(payload) === false) stream.pause();
    } else channels.get(channel)?.end();
  });

  const give = (error: Error): void => {
    left.abort();
    requested.reject(error);
    asked.fail(error);
    for (const list of lists.values()) list.fail(error);
    for (const channel of channels.values()) channel.fail(error);
  };
  stream.on('data', (bytes: Buffer) => {
    try {
      read(bytes);
    } catch (error) {
      give(new EngineError('invalid', messageOf(error)));
      stream.destroy();
    }
  });
  stream.on('end', () => give(new EngineError('internal', 'context canceled')));
  stream.on('close', () => give(new EngineError('internal', 'context canceled')));
  stream.on('error', (error) => give(error));
  requested.promise.catch(() => undefined);

  const tell = (message: EngineMessage): void => void stream.write(buildMessage(message));

  return {
    gone: left.signal,
    request: () => requested.promise,
    tell,
    async files(context, key) {
      const list = createListing();
      lists.set(context, list);
      tell({ list: { context } });
      const entries = await list.whole;
      const files = await builds.localFiles(key);
      try {
        const places = await files.prepare(entries);
        if (places.length > 0) {
          const channel = nextChannel++;
          const inflow = createInflow(() => stream.resume());
          channels.set(channel, inflow);
          tell({ wanted: { context, channel, places } });
          await files.fill(inflow.bytes(), left.signal);
          channels.delete(channel);
        }
        return files;
      } catch (error) {
        files.close();
        throw error;
      }
    },
    secret(id) {
      tell({ secret: { id } });
      return asked.wait(`secret ${id}`);
    },
    async send(message, bytes) {
      const channel = nextChannel++;
      tell(message(channel));
      for await (const piece of bytes) {
        left.signal.throwIfAborted();
        if (!stream.write(buildFrame(buildFrames.data, channel, piece))) await drained(stream, left.signal);
      }
      stream.write(buildFrame(buildFrames.end, channel, new Uint8Array(0)));
    },
    end: (message) => void stream.end(buildMessage(message)),
  };
}

function drained(stream: Duplex, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    };
    stream.on('drain', done);
    gone.addEventListener('abort', done);
    if (gone.aborted) done();
  });
}

/** Questions to the client by name, each answered once. */
function createAnswers<T>() {
  const waiting = new Map<string, PromiseWithResolvers<T>>();
  return {
    wait(name: string): Promise<T> {
      const known = waiting.get(name) ?? Promise.withResolvers<T>();
      waiting.set(name, known);
      return known.promise;
    },
    answer(name: string, value: T): void {
      waiting.get(name)?.resolve(value);
    },
    fail(error: Error): void {
      for (const { promise, reject } of waiting.values()) {
        promise.catch(() => undefined);
        reject(error);
      }
    },
  };
}

/** A list of files that comes in parts. */
interface Listing {
  whole: Promise<LocalEntry[]>;
  add(entries: SessionEntry[], last: boolean): void;
  fail(error: Error): void;
}

function createListing(): Listing {
  const { promise, resolve, reject } = Promise.withResolvers<LocalEntry[]>();
  promise.catch(() => undefined);
  const all: LocalEntry[] = [];
  return {
    whole: promise,
    fail: reject,
    add(entries, last) {
      for (const [path, kind, mode, size, seconds, nanoseconds, link] of entries) {
        const modified = { seconds, nanoseconds };
        all.push({ path, kind: kinds[kind], mode, size, modified, ...(link !== undefined && { link }) });
      }
      if (last) resolve(all);
    },
  };
}

/** Bytes of a channel; whoever sends is held up while many wait. */
interface Inflow {
  push(bytes: Uint8Array): boolean;
  end(): void;
  fail(error: Error): void;
  bytes(): AsyncGenerator<Uint8Array>;
}

const most = 4 << 20;

function createInflow(resume: () => void): Inflow {
  const waiting: Uint8Array[] = [];
  let size = 0;
  let over = false;
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  return {
    push(bytes) {
      waiting.push(bytes);
      size += bytes.length;
      wake();
      return size < most;
    },
    end() {
      over = true;
      wake();
    },
    fail(error) {
      failure = error;
      wake();
    },
    async *bytes() {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          size -= next.length;
          if (size < most) resume();
          yield next;
        } else if (failure) throw failure;
        else if (over) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
