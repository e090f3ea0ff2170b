import type { Duplex, Transform } from 'node:stream';

export interface SpliceOptions {
  /** Pass on what the client sends. */
  stdin: boolean;
  /** The client's half-close is the end of the process's stdin, too. */
  endStdin: boolean;
  /** Looks for the detach keys in what the client sends. */
  scan?: (chunk: Uint8Array) => { pass: Uint8Array; detached: boolean };
  /** Output goes through it. */
  recode?: Transform;
}

/**
 * Joins a client with a process, either way with backpressure. Resolves when the output has ended and was handed to the
 * client, when the client has gone, or when it detached; the process's socket is closed then, the client's is not.
 */
export function splice(client: Duplex, socket: Duplex, options: SpliceOptions): Promise<'ended' | 'detached'> {
  const output = options.recode ? socket.pipe(options.recode) : socket;
  return new Promise((resolve) => {
    const finish = (outcome: 'ended' | 'detached') => {
      output.unpipe(client);
      client.off('data', forward);
      client.off('end', end);
      socket.destroy();
      resolve(outcome);
    };
    const ended = () => finish('ended');
    const end = () => {
      if (options.endStdin) socket.end();
    };
    const forward = (chunk: Uint8Array) => {
      const { pass, detached } = options.scan?.(chunk) ?? { pass: chunk, detached: false };
      if (pass.length > 0 && options.stdin && !socket.write(pass)) {
        client.pause();
        socket.once('drain', () => client.resume());
      }
      if (detached) finish('detached');
    };
    output.once('end', ended);
    socket.once('close', () => (options.recode ? options.recode.end() : ended())).once('error', ended);
    client.once('close', ended).once('error', ended);
    output.pipe(client, { end: false });
    client.on('data', forward).once('end', end);
    client.resume();
  });
}
