import type { Duplex } from 'node:stream';
import {
  type BuildSessionRequest,
  buildFrame,
  buildFrames,
  buildMessage,
  type ClientMessage,
  createBuildReader,
  createInflow,
  type EngineMessage,
  type Inflow,
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

/** What came in, and who waits for it. */
interface Arrivals {
  left: AbortController;
  asked: ReturnType<typeof createAnswers<Uint8Array | undefined>>;
  requested: PromiseWithResolvers<BuildSessionRequest>;
  lists: Map<string, Listing>;
  channels: Map<number, Inflow>;
  nextChannel: number;
}

export function createSession(stream: Duplex, builds: Builds): Session {
  const arrivals: Arrivals = {
    left: new AbortController(),
    asked: createAnswers<Uint8Array | undefined>(),
    requested: Promise.withResolvers<BuildSessionRequest>(),
    lists: new Map(),
    channels: new Map(),
    nextChannel: 1,
  };
  const { left, asked, requested } = arrivals;
  requested.promise.catch(() => undefined);
  listen(stream, arrivals);
  const tell = (message: EngineMessage): void => void stream.write(buildMessage(message));
  return {
    gone: left.signal,
    request: () => requested.promise,
    tell,
    files: (context, key) => takeFiles(arrivals, { stream, builds, tell }, { context, key }),
    secret(id) {
      tell({ secret: { id } });
      return asked.wait(`secret ${id}`);
    },
    async send(message, bytes) {
      const channel = arrivals.nextChannel++;
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

function listen(stream: Duplex, arrivals: Arrivals): void {
  const { left, asked, requested, lists, channels } = arrivals;
  const read = createBuildReader((kind, channel, payload) => {
    if (kind === buildFrames.message) takeMessage(arrivals, JSON.parse(payload.toString()) as ClientMessage);
    else if (kind === buildFrames.data) {
      if (channels.get(channel)?.push(Buffer.from(payload)) === false) stream.pause();
    } else channels.get(channel)?.end();
  });
  const giveUp = (error: Error): void => {
    left.abort();
    requested.reject(error);
    asked.fail(error);
    for (const list of lists.values()) list.fail(error);
    for (const channel of channels.values()) channel.fail(error);
  };
  const gone = (): void => giveUp(new EngineError('internal', 'context canceled'));
  stream.on('data', (bytes: Buffer) => {
    try {
      read(bytes);
    } catch (error) {
      giveUp(new EngineError('invalid', messageOf(error)));
      stream.destroy();
    }
  });
  stream.on('end', gone).on('close', gone).on('error', giveUp);
}

function takeMessage({ requested, asked, lists }: Arrivals, message: ClientMessage): void {
  if ('request' in message) requested.resolve(message.request);
  else if ('secret' in message) {
    const { id, data } = message.secret;
    asked.answer(`secret ${id}`, data === null ? undefined : Buffer.from(data, 'base64'));
  } else if ('failed' in message) {
    lists.get(message.failed.context)?.fail(new EngineError('invalid', message.failed.message));
  } else lists.get(message.entries.context)?.add(message.entries.entries, message.entries.last);
}

/** Asks what there is, and then for the contents of those files that are not here as they are there. */
async function takeFiles(
  arrivals: Arrivals,
  { stream, builds, tell }: { stream: Duplex; builds: Builds; tell: Session['tell'] },
  { context, key }: { context: string; key: string },
): ReturnType<Builds['localFiles']> {
  const list = createListing();
  arrivals.lists.set(context, list);
  tell({ list: { context } });
  const entries = await list.whole;
  const files = await builds.localFiles(key);
  try {
    const places = await files.prepare(entries);
    if (places.length > 0) {
      const channel = arrivals.nextChannel++;
      const inflow = createInflow(() => stream.resume());
      arrivals.channels.set(channel, inflow);
      tell({ wanted: { context, channel, places } });
      await files.fill(inflow.bytes(), arrivals.left.signal);
      arrivals.channels.delete(channel);
    }
    return files;
  } catch (error) {
    files.close();
    throw error;
  }
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
