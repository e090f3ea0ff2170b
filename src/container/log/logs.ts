import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { frame } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { isReadable, type LogQuery } from '../../logs/index.ts';
import type { Attachment } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import { logPath } from './log-file.ts';

/** See Containers.logs; following ends with the run that goes on now. */
export function logs(
  context: Context,
  reference: string,
  query: LogQuery,
  signal: AbortSignal,
): { tty: boolean; bytes: AsyncIterable<Uint8Array> } {
  const row = resolve(context.store, reference);
  const { Type, Config } = row.hostConfig.LogConfig ?? {};
  if (!isReadable(Type, Config)) {
    throw new EngineError('unsupported', 'configured logging driver does not support reading');
  }
  const ended = context.runs.get(row.id)?.ended ?? Promise.resolve();
  const tty = row.config.Tty ?? false;
  const bytes = context.logs.reader.read(logPath(context, row), { ...query, framed: !tty }, ended, signal);
  return { tty, bytes };
}

export interface Replay {
  streams: { stdout: boolean; stderr: boolean };
  position?: Attachment['log'];
}

/** Writes what was logged, up to `position` or its present end, to an attaching client as it would have come live. */
export async function replayLog(context: Context, row: ContainerRow, client: Duplex, replay: Replay): Promise<void> {
  const { streams, position } = replay;
  const { Type, Config } = row.hostConfig.LogConfig ?? {};
  if (!isReadable(Type, Config)) return;
  const path = logPath(context, row);
  const form = { ...streams, framed: !row.config.Tty };
  const whole = { ...form, follow: false, timestamps: false, details: false };
  const logged = position
    ? context.logs.reader.readUntil(path, position, form)
    : context.logs.reader.read(path, whole, Promise.resolve(), new AbortController().signal);
  for await (const bytes of logged) await write(client, bytes);
  for (const stream of ['stdout', 'stderr'] as const) {
    const begun = position?.partial?.[stream];
    if (begun?.length && streams[stream]) await write(client, row.config.Tty ? begun : frame(stream, begun));
  }
}

async function write(client: Duplex, bytes: Uint8Array): Promise<void> {
  if (!client.destroyed && !client.write(bytes)) await writable(client);
}

async function writable(client: Duplex): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  // Listeners of the branch that loses must go, or they pile up with every full buffer.
  await Promise.race([once(client, 'drain', { signal }), once(client, 'close', { signal })]).catch(() => undefined);
  settled.abort();
}
