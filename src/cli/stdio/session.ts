import type { ByteStream } from '../../client/index.ts';
import { DetachFilter } from './detach-keys.ts';
import { copyFrames, copyRaw, reader, type Sinks } from './frames.ts';
import { readInput } from './input.ts';

/** One attached connection and what it is joined to. */
export interface Session extends Sinks {
  stream: ByteStream;
  tty: boolean;
  /** Whether standard input goes in. */
  input: boolean;
  detachKeys: number[];
}

/**
 * Copies both ways until the container's output ends, or the user detaches. With neither stdout nor stderr attached it
 * ends with the input. The terminal is raw meanwhile where the container has one.
 */
export async function joinStreams(session: Session): Promise<'ended' | 'detached'> {
  const { stream, tty, input } = session;
  const restore = tty && input ? (await import('./terminal.ts')).makeRaw() : () => undefined;
  const watching = session.out !== undefined || session.err !== undefined;
  const output = (tty ? copyRaw : copyFrames)(reader(stream), session).then(() => 'ended' as const);
  try {
    if (!input) return await output;
    const typed = copyInput(session);
    const forever = new Promise<never>(() => undefined);
    return await Promise.race([output, typed.then((end) => (end === 'detached' || !watching ? end : forever))]);
  } finally {
    restore();
    stream.destroy();
  }
}

async function copyInput({ stream, tty, detachKeys }: Session): Promise<'ended' | 'detached'> {
  const filter = tty ? new DetachFilter(detachKeys) : undefined;
  for await (const bytes of readInput()) {
    const fed = filter?.feed(bytes) ?? { bytes, detached: false };
    try {
      await stream.write(fed.bytes);
    } catch {
      // The container no longer reads; its output and its exit still count.
      return 'ended';
    }
    if (fed.detached) return 'detached';
  }
  stream.closeWrite();
  return 'ended';
}
