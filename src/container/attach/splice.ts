import { type Duplex, finished, type Transform } from 'node:stream';

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
    // Either may have ended before: a socket that has nothing to be read tells of its end also while it is paused.
    finished(output, { writable: false }, ended);
    if (options.recode) finished(socket, { writable: false }, () => options.recode?.end());
    finished(client, { writable: false }, (error) => (error ? ended() : end()));
    finished(client, { readable: false }, ended);
    output.pipe(client, { end: false });
    client.on('data', forward);
    client.resume();
  });
}
