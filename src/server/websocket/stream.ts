import { Duplex } from 'node:stream';
import { createDeframer } from './deframe.ts';
import { createFrameReader, encodeClose, encodeFrame, normalEnd, opcodes, protocolError } from './frames.ts';

export interface WebSocketOptions {
  /** Messages go out as binary ones, otherwise as text. */
  binary: boolean;
  /** What is written is Docker's multiplexed stream: the payload alone goes out. */
  multiplexed: boolean;
}

/**
 * A connection on which WebSocket frames come and go, as the stream of their payload. Ending it sends a close frame; one that
 * comes in is the end of what can be read, and is answered; after it nothing is sent any more.
 */
export function createWebSocketStream(client: Duplex, { binary, multiplexed }: WebSocketOptions): Duplex {
  let closed = false;
  const deframe = multiplexed ? createDeframer() : (bytes: Uint8Array) => [bytes];
  const send = (bytes: Buffer, done: () => void) => {
    if (closed || client.destroyed || client.write(bytes)) return done();
    client.once('drain', done);
  };
  const close = (status: number) => {
    if (closed) return;
    closed = true;
    client.end(encodeClose(status));
  };
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void client.resume(),
    write(bytes: Buffer, _encoding, done) {
      const pieces = deframe(bytes).map((piece) => encodeFrame(binary ? opcodes.binary : opcodes.text, piece));
      if (pieces.length === 0) return done();
      send(Buffer.concat(pieces), done);
    },
    final(done) {
      close(normalEnd);
      done();
    },
    destroy(error, done) {
      client.off('data', take);
      done(error);
    },
  });
  const finish = () => void (stream.readableEnded || stream.push(null));
  const read = createFrameReader({
    data: (bytes) => {
      if (!stream.push(bytes)) client.pause();
    },
    control(opcode, payload) {
      if (opcode === opcodes.ping && !closed) client.write(encodeFrame(opcodes.pong, payload));
      if (opcode !== opcodes.close) return;
      close(normalEnd);
      client.off('data', take).resume();
      finish();
    },
  });
  const take = (bytes: Buffer) => {
    try {
      read(bytes);
    } catch {
      close(protocolError);
      client.off('data', take).resume();
      finish();
    }
  };
  client.on('data', take);
  client.once('end', finish);
  client.once('close', () => stream.destroy());
  return stream;
}
