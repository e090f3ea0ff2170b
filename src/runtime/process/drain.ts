import { finished, type Readable } from 'node:stream';

/**
 * Hands all that an attachment's socket says to `take`, up to its end, which may have come by now: one with nothing to be read ends also
 * while it is paused. The socket is closed then.
 */
export function drain(socket: Readable, take: (bytes: Buffer) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  finished(socket, { writable: false }, () => {
    socket.destroy();
    resolve();
  });
  socket.on('data', take).resume();
  return promise;
}
