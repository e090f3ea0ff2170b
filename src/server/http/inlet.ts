import type { Socket } from 'node:net';

/** What may wait in memory of a client that sends faster than it is read. */
const highWater = 256 * 1024;

/** The incoming half of a connection, pulled: it is always listened to, so that a client that goes away is noticed. */
export interface Inlet {
  /** The next bytes; undefined once the client has ended its half or is gone. */
  read(): Promise<Buffer | undefined>;
  /** Puts bytes back in front. */
  unread(bytes: Buffer): void;
  /** The client has sent its last byte, and all of it has been read. */
  readonly drained: boolean;
  /** Called once when nothing more can come: the client half-closed with nothing left to read, or is gone. */
  onGone(listener: (() => void) | undefined): void;
}

export function createInlet(socket: Socket): Inlet {
  const queue: Buffer[] = [];
  let queued = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  let gone: (() => void) | undefined;

  const notify = () => {
    wake?.();
    wake = undefined;
    if (ended && queued === 0) {
      gone?.();
      gone = undefined;
    }
  };
  const end = () => {
    ended = true;
    notify();
  };
  socket.on('data', (bytes: Buffer) => {
    queue.push(bytes);
    queued += bytes.length;
    if (queued > highWater) socket.pause();
    notify();
  });
  socket.on('end', end);
  socket.on('close', () => {
    queue.length = 0;
    queued = 0;
    end();
  });

  return {
    async read() {
      if (queue.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      const bytes = queue.shift();
      if (bytes === undefined) return undefined;
      queued -= bytes.length;
      if (queued <= highWater && socket.isPaused()) socket.resume();
      if (ended && queued === 0) notify();
      return bytes;
    },
    unread(bytes) {
      if (bytes.length === 0) return;
      queue.unshift(bytes);
      queued += bytes.length;
    },
    get drained() {
      return ended && queued === 0;
    },
    onGone(listener) {
      gone = listener;
      if (ended && queued === 0) notify();
    },
  };
}
