import type { Duplex } from 'node:stream';
import {
  type BuildSessionRequest,
  type BuildStatus,
  buildFrame,
  buildFrames,
  buildMessage,
  type ClientMessage,
  createBuildReader,
  createInflow,
  type EngineMessage,
  type Inflow,
  type SessionList,
  type SessionOutcome,
} from '../../../api/index.ts';
import type { ByteStream, Client } from '../../../client/index.ts';
import type { LocalTree } from './source/tree.ts';

/** What the engine may ask for while it builds. */
export interface Answers {
  tree(context: string, paths?: readonly string[]): LocalTree;
  secret(id: string): Uint8Array | undefined;
  /** A connection to the agent of that id. */
  agent(id: string): Promise<Duplex> | undefined;
  /** Takes what an output sends. */
  output(index: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Takes a cache, a tar of an OCI layout. */
  cache(index: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  status(status: BuildStatus): void;
  explain(step: string, reason: string): void;
}

/** A build that failed: what the engine says, and the lines of the Dockerfile that it is about. */
export class BuildError extends Error {
  readonly shown: string;
  /** It had not begun. */
  readonly early: boolean;

  constructor(message: string, { shown, early }: { shown: string; early: boolean }) {
    super(message);
    this.shown = shown;
    this.early = early;
  }
}

const atOnce = 2000;

/** A build on its way. */
interface Under {
  stream: ByteStream;
  answers: Answers;
  trees: Map<string, LocalTree>;
  /** Where the bytes of a channel go. */
  channels: Map<number, Pick<Inflow, 'push' | 'end'>>;
  writing: Promise<void>[];
  /** Resolves when who takes an output has caught up: what comes is not gathered here. */
  room?: Promise<void>;
  /** What is sent goes out one after another. */
  tail: Promise<void>;
  outcome?: SessionOutcome;
  failure?: Error;
}

/** Builds on the engine and answers what it asks on the way. */
export async function runSession(
  client: Client,
  request: BuildSessionRequest,
  answers: Answers,
): Promise<SessionOutcome> {
  const { stream } = await client.upgrade({ method: 'POST', path: '/tug/build' });
  const under: Under = { stream, answers, trees: new Map(), channels: new Map(), writing: [], tail: Promise.resolve() };
  const { channels } = under;
  const read = createBuildReader((kind, channel, payload) => {
    if (kind === buildFrames.message) take(under, JSON.parse(payload.toString()) as EngineMessage);
    else if (kind === buildFrames.data) channels.get(channel)?.push(payload);
    else channels.get(channel)?.end();
  });
  await send(under, { request });
  try {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
      read(bytes);
      await under.room;
    }
  } catch (error) {
    under.failure ??= error as Error;
  }
  for (const channel of channels.values()) channel.end();
  await Promise.all(under.writing);
  stream.destroy();
  if (under.failure) throw under.failure;
  if (!under.outcome) throw new Error('the engine ended the build without an answer');
  return under.outcome;
}

const send = ({ stream }: Under, message: ClientMessage): Promise<void> => stream.write(buildMessage(message));

function enqueue(under: Under, work: () => Promise<void>): void {
  under.tail = under.tail.then(work).catch((error: unknown) => {
    under.failure ??= error as Error;
    under.stream.destroy();
  });
}

function take(under: Under, message: EngineMessage): void {
  const { answers } = under;
  if ('status' in message) answers.status(message.status);
  else if ('list' in message) enqueue(under, () => list(under, message.list));
  else if ('wanted' in message) enqueue(under, () => sendFiles(under, message.wanted));
  else if ('secret' in message) {
    const { id } = message.secret;
    enqueue(under, () => send(under, { secret: { id, data: base64(answers.secret(id)) } }));
  } else if ('ssh' in message) void lead(under, message.ssh);
  else if ('output' in message) takeBytes(under, message.output, answers.output);
  else if ('cache' in message) takeBytes(under, message.cache, answers.cache);
  else if ('explain' in message) answers.explain(message.explain.step, message.explain.reason);
  else if ('done' in message) under.outcome = message.done;
  else if ('error' in message) {
    const { message: words, text = '', early = false } = message.error;
    under.failure ??= new BuildError(words, { shown: text, early });
  }
}

/** Both ways until either side ends. */
async function lead(
  { stream, answers, channels }: Under,
  { id, channel }: { id: string; channel: number },
): Promise<void> {
  const end = (): Promise<void> => stream.write(buildFrame(buildFrames.end, channel, new Uint8Array(0)));
  const early: Buffer[] = [];
  let state: { agent?: Duplex; isOver: boolean } = { isOver: false };
  channels.set(channel, {
    push: (bytes) => state.agent?.write(bytes) ?? early.push(Buffer.from(bytes)) > 0,
    end() {
      state = { ...state, isOver: true };
      state.agent?.end();
    },
  });
  try {
    const agent = await answers.agent(id);
    if (!agent) return await end();
    state = { ...state, agent };
    for (const bytes of early) agent.write(bytes);
    if (state.isOver) agent.end();
    for await (const bytes of agent) await stream.write(buildFrame(buildFrames.data, channel, bytes as Uint8Array));
    await end();
  } catch {
    await end().catch(() => undefined);
  }
}

function takeBytes(
  under: Under,
  { index, channel }: { index: number; channel: number },
  take: Answers['output'],
): void {
  let full: PromiseWithResolvers<void> | undefined;
  const inflow = createInflow(() => full?.resolve());
  under.channels.set(channel, {
    end: inflow.end,
    push(bytes) {
      const hasRoom = inflow.push(bytes);
      if (!hasRoom) {
        full = Promise.withResolvers();
        under.room = full.promise;
      }
      return hasRoom;
    },
  });
  const written = take(index, inflow.bytes());
  written.catch((error: Error) => {
    under.failure ??= error;
    under.channels.delete(channel);
    under.stream.destroy();
    full?.resolve();
  });
  under.writing.push(written);
}

async function list(under: Under, { context, paths }: SessionList): Promise<void> {
  let tree: LocalTree;
  try {
    tree = under.answers.tree(context, paths);
  } catch (error) {
    return send(under, { failed: { context, message: (error as Error).message } });
  }
  under.trees.set(context, tree);
  const { entries } = tree;
  for (let at = 0; at === 0 || at < entries.length; at += atOnce) {
    const part = entries.slice(at, at + atOnce);
    await send(under, { entries: { context, entries: part, last: at + atOnce >= entries.length } });
  }
}

async function sendFiles(
  { stream, trees }: Under,
  { context, channel, places }: { context: string; channel: number; places: number[] },
): Promise<void> {
  for await (const bytes of trees.get(context)?.pack(places) ?? []) {
    await stream.write(buildFrame(buildFrames.data, channel, bytes));
  }
  await stream.write(buildFrame(buildFrames.end, channel, new Uint8Array(0)));
}

const base64 = (bytes: Uint8Array | undefined): string | null =>
  bytes === undefined ? null : Buffer.from(bytes).toString('base64');
