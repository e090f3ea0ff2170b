import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type BuildSessionRequest,
  type BuildVertex,
  buildFrame,
  buildFrames,
  buildMessage,
  type ClientMessage,
  createBuildReader,
  createInflow,
  type EngineMessage,
  type Inflow,
  type SessionList,
} from '../../../api/index.ts';
import type { Builds, ClientDirectory, LocalEntry } from '../../../build/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { readTar } from '../../../oci/index.ts';
import { createAnswers, createListing, type Listing } from './arrivals.ts';

/** The engine's side of a build that tug's own command line asks for. */
export interface Session {
  request(): Promise<BuildSessionRequest>;
  tell(message: EngineMessage): void;
  /** The client's files of a context, as they are now; of them only where paths lead, if any are given. */
  files(list: SessionList, key: string): ReturnType<Builds['localFiles']>;
  /** A directory of the client's, of which single files are read. */
  directory(name: string): Promise<ClientDirectory>;
  secret(id: string): Promise<Uint8Array | undefined>;
  /** Leads a connection to the client's agent of that id. */
  agent(id: string, connection: Socket): void;
  /** Opens a channel of its own and sends all of it. */
  send(message: (channel: number) => EngineMessage, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  end(message: EngineMessage): void;
}

type Channel = Pick<Inflow, 'push' | 'end' | 'fail'>;

/** What came in, and who waits for it. */
interface Arrivals {
  left: AbortController;
  asked: ReturnType<typeof createAnswers<Uint8Array | undefined>>;
  requested: PromiseWithResolvers<BuildSessionRequest>;
  lists: Map<string, Listing>;
  channels: Map<number, Channel>;
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
  const { tell, end } = createOutgoing(stream);
  return {
    gone: left.signal,
    request: () => requested.promise,
    tell,
    files: (list, key) => takeFiles(arrivals, { stream, builds, tell }, { list, key }),
    directory: (name) => openDirectory(arrivals, { stream, tell }, name),
    agent: (id, connection) => lead(arrivals, { stream, tell }, { id, connection }),
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
    end,
  };
}

/** Messages to the client; of steps that end and begin at once one message tells. */
function createOutgoing(stream: Duplex): Pick<Session, 'tell' | 'end'> {
  let vertexes: BuildVertex[] = [];
  const flush = (): void => {
    if (vertexes.length > 0 && !stream.writableEnded) stream.write(buildMessage({ status: { vertexes } }));
    vertexes = [];
  };
  return {
    tell(message) {
      if ('status' in message && message.status.vertexes && Object.keys(message.status).length === 1) {
        if (vertexes.length === 0) setImmediate(flush);
        vertexes.push(...message.status.vertexes);
      } else {
        flush();
        stream.write(buildMessage(message));
      }
    },
    end(message) {
      flush();
      stream.end(buildMessage(message));
    },
  };
}

function listen(stream: Duplex, arrivals: Arrivals): void {
  const { left, asked, requested, lists, channels } = arrivals;
  const read = createBuildReader((kind, channel, payload) => {
    if (kind === buildFrames.message) takeMessage(arrivals, JSON.parse(payload.toString()) as ClientMessage);
    else if (kind === buildFrames.data) {
      if (channels.get(channel)?.push(payload) === false) stream.pause();
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

async function openDirectory(arrivals: Arrivals, to: Outward, name: string): Promise<ClientDirectory> {
  const places = new Map((await listOf(arrivals, to, { context: name })).map(({ path }, place) => [path, place]));
  return {
    has: (path) => places.has(path),
    async *read(path) {
      const place = places.get(path);
      if (place === undefined) throw new EngineError('notFound', `${path}: not found`);
      for await (const entry of readTar(wanted(arrivals, to, { context: name, places: [place] }))) yield* entry.data();
    },
  };
}

interface Outward {
  stream: Duplex;
  tell: Session['tell'];
}

/** Nobody but the caller holds it: of a large context it is megabytes. */
async function listOf(arrivals: Arrivals, { tell }: Outward, asked: SessionList): Promise<LocalEntry[]> {
  const { context } = asked;
  const list = createListing();
  arrivals.lists.set(context, list);
  tell({ list: asked });
  try {
    return await list.whole;
  } finally {
    arrivals.lists.delete(context);
  }
}

/** The files at those places of a list, as a tar. */
async function* wanted(
  arrivals: Arrivals,
  { stream, tell }: Outward,
  { context, places }: { context: string; places: number[] },
): AsyncGenerator<Uint8Array> {
  const channel = arrivals.nextChannel++;
  const inflow = createInflow(() => stream.resume());
  arrivals.channels.set(channel, inflow);
  tell({ wanted: { context, channel, places } });
  try {
    yield* inflow.bytes();
  } finally {
    arrivals.channels.delete(channel);
  }
}

/** Both ways until either side ends. */
function lead(
  arrivals: Arrivals,
  { stream, tell }: Outward,
  { id, connection }: { id: string; connection: Socket },
): void {
  const channel = arrivals.nextChannel++;
  const close = (): void => {
    if (!arrivals.channels.delete(channel)) return;
    if (!stream.destroyed) stream.write(buildFrame(buildFrames.end, channel, new Uint8Array(0)));
    connection.destroy();
  };
  arrivals.channels.set(channel, {
    push: (bytes) => connection.write(bytes) || true,
    end: () => void connection.end(),
    fail: () => void connection.destroy(),
  });
  tell({ ssh: { id, channel } });
  connection.on('data', (bytes: Buffer) => void stream.write(buildFrame(buildFrames.data, channel, bytes)));
  connection.on('end', close).on('close', close).on('error', close);
}

/** Asks what there is, and then for the contents of those files that are not here as they are there. */
async function takeFiles(
  arrivals: Arrivals,
  { builds, ...to }: Outward & { builds: Builds },
  { list, key }: { list: SessionList; key: string },
): ReturnType<Builds['localFiles']> {
  const { context } = list;
  const files = await builds.localFiles(key);
  try {
    const places = await files.prepare(await listOf(arrivals, to, list));
    if (places.length > 0) await files.fill(wanted(arrivals, to, { context, places }), arrivals.left.signal);
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
