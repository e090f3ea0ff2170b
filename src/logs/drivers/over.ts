import type { Datagrams } from '../wire/datagrams.ts';
import type { Stream } from '../wire/stream.ts';
import { usualDoubt } from './common.ts';
import type { Connection, LogMessage } from './contract.ts';

/** What a message becomes: nothing, or one or several pieces. */
type Format = (message: LogMessage) => Buffer[];

/** Messages one after another in a stream. */
export function overStream(stream: Stream, { format }: { format: Format }): Connection {
  return {
    doubt: usualDoubt,
    lost: stream.lost,
    send: async (messages) => {
      const bytes = Buffer.concat(messages.flatMap(format));
      if (bytes.length > 0) await stream.write(bytes);
    },
    close: () => stream.close(),
  };
}

/** Each piece of a message in a datagram. */
export function overDatagrams(
  datagrams: Datagrams,
  { format, send = (bytes) => datagrams.send(bytes) }: { format: Format; send?: (bytes: Buffer) => Promise<void> },
): Connection {
  return {
    doubt: usualDoubt,
    // Nobody says goodbye by datagram.
    lost: new Promise(() => undefined),
    async send(messages) {
      for (const message of messages) for (const piece of format(message)) await send(piece);
    },
    close: () => datagrams.close(),
  };
}
