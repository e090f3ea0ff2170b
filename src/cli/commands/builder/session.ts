import {
  type BuildSessionRequest,
  type BuildStatus,
  buildFrame,
  buildFrames,
  buildMessage,
  type ClientMessage,
  createBuildReader,
  type EngineMessage,
  type SessionOutcome,
} from '../../../api/index.ts';
import type { Client } from '../../../client/index.ts';
import type { LocalTree } from './tree.ts';

/** What the engine may ask for while it builds. */
export interface Answers {
  tree(context: string): LocalTree;
  secret(id: string): Uint8Array | undefined;
  /** Takes what an output sends. */
  output(index: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  status(status: BuildStatus): void;
  explain(step: string, reason: string): void;
}

/** A build that failed: what the engine says, and the lines of the Dockerfile that it is about. */
export class BuildError extends Error {
  readonly shown: string;

  constructor(message: string, shown: string) {
    super(message);
    this.shown = shown;
  }
}

const atOnce = 2000;

/** Builds on the engine and answers what it asks on the way. */
export async function runSession(
  client: Client,
  request: BuildSessionRequest,
  answers: Answers,
): Promise<SessionOutcome> {
  const { stream } = await client.upgrade({ method: 'POST', path: '/tug/build' });
  const trees = new Map<string, LocalTree>();
  const outputs = new Map<number, Inflow>();
  const writing: Promise<void>[] = [];
  let outcome: SessionOutcome | undefined;
  let failure: Error | undefined;
  let tail: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<void>): void => {
    tail = tail.then(work).catch((error: unknown) => {
      failure ??= error as Error;
      stream.destroy();
    });
  };
  const send = (message: ClientMessage): Promise<void> => stream.write(buildMessage(message));

  async function list(context: string): Promise<void> {
    let tree: LocalTree;
    try {
      tree = answers.tree(context);
    } catch (error) {
      return send({ failed: { context, message: (error as Error).message } });
    }
    trees.set(context, tree);
    const { entries } = tree;
    for (let at = 0; at === 0 || at < entries.length; at += atOnce) {
      const part = entries.slice(at, at + atOnce);
      await send({ entries: { context, entries: part, last: at + atOnce >= entries.length } });
    }
  }

  async function sendFiles({
    context,
    channel,
    places,
  }: {
    context: string;
    channel: number;
    places: number[];
  }): Promise<void> {
    for await (const bytes of trees.get(context)?.pack(places) ?? []) {
      await stream.write(buildFrame(buildFrames.data, channel, bytes));
    }
    await stream.write(buildFrame(buildFrames.end, channel, new Uint8Array(0)));
  }

  function onMessage(message: EngineMessage): void {
    if ('status' in message) answers.status(message.status);
    else if ('list' in message) enqueue(() => list(message.list.context));
    else if ('wanted' in message) enqueue(() => sendFiles(message.wanted));
    else if ('secret' in message) {
      const { id } = message.secret;
      enqueue(() => send({ secret: { id, data: base64(answers.secret(id)) } }));
    } else if ('output' in message) {
      const inflow = createInflow();
      outputs.set(message.output.channel, inflow);
      const written = answers.output(message.output.index, inflow.bytes());
      written.catch(() => undefined);
      writing.push(written);
    } else if ('explain' in message) answers.explain(message.explain.step, message.explain.reason);
    else if ('done' in message) outcome = message.done;
    else if ('error' in message) failure ??= new BuildError(message.error.message, message.error.text ?? '');
  }

  const read = createBuildReader((kind, channel, payload) => {
    if (kind === buildFrames.message) onMessage(JSON.parse(payload.toString()) as EngineMessage);
    else if (kind === buildFrames.data) outputs.get(channel)?.push(Buffer.from(payload));
    else outputs.get(channel)?.end();
  });

  await send({ request });
  try {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) read(bytes);
  } catch (error) {
    failure ??= error as Error;
  }
  for (const inflow of outputs.values()) inflow.end();
  await Promise.all(writing);
  stream.destroy();
  if (failure) throw failure;
  if (!outcome) throw new Error('the engine ended the build without an answer');
  return outcome;
}

const base64 = (bytes: Uint8Array | undefined): string | null =>
  bytes === undefined ? null : Buffer.from(bytes).toString('base64');

interface Inflow {
  push(bytes: Uint8Array): void;
  end(): void;
  bytes(): AsyncGenerator<Uint8Array>;
}

function createInflow(): Inflow {
  const waiting: Uint8Array[] = [];
  let over = false;
  let wake: () => void = () => undefined;
  return {
    push(bytes) {
      waiting.push(bytes);
      wake();
    },
    end() {
      over = true;
      wake();
    },
    async *bytes() {
      for (;;) {
        const next = waiting.shift();
        if (next) yield next;
        else if (over) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
