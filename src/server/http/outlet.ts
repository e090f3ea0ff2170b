import type { Socket } from 'node:net';

/** The outgoing half of a connection: each write resolves when there is room for more, also when the client is gone. */
export interface Outlet {
  write(bytes: Uint8Array | string): Promise<void>;
  /** Ends our half after all that was written. */
  end(): void;
  readonly closed: boolean;
}

export function createOutlet(socket: Socket): Outlet {
  // One pair of listeners for the connection's life: a pair per write would pile up under a slow client.
  let waiting: (() => void)[] = [];
  const release = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  socket.on('drain', release);
  socket.on('close', release);
  return {
    async write(bytes) {
      if (socket.destroyed || socket.write(bytes)) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    end() {
      if (!socket.destroyed) socket.end();
    },
    get closed() {
      return socket.destroyed;
    },
  };
}
