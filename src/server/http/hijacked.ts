import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Inlet } from './inlet.ts';

/**
 * A connection taken away from HTTP: what the client had already sent behind its request comes first, either side may end
 * its half alone, and a client that vanishes destroys the stream without an error. The first `skip` bytes are a request's body
 * that nobody wanted, and no input.
 */
export function createHijacked(socket: Socket, inlet: Inlet, skip = 0): Duplex {
  let unwanted = skip;
  let room: ((error?: Error | null) => void) | undefined;
  const release = () => {
    const done = room;
    room = undefined;
    done?.();
  };
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {
      inlet.read().then(
        (bytes) => {
          const wanted = bytes?.subarray(unwanted);
          unwanted -= (bytes?.length ?? 0) - (wanted?.length ?? 0);
          if (wanted?.length === 0) this._read(0);
          else this.push(wanted ?? null);
        },
        () => this.destroy(),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      if (socket.destroyed || socket.write(bytes)) done();
      else room = done;
    },
    final(done) {
      // Done only when all is with the kernel: the stream destroys itself, and the socket, right after.
      if (socket.destroyed) done();
      else {
        room = done;
        socket.end(release);
      }
    },
    destroy(_error, done) {
      socket.destroy();
      done(null);
    },
  });
  socket.on('drain', () => {
    if (!socket.writableEnded) release();
  });
  socket.on('close', () => {
    release();
    stream.destroy();
  });
  return stream;
}
