import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { closeFd, openDirectory } from '../../host/index.ts';
import { newId } from '../../kit/index.ts';

/** A socket of the build's own in a directory that only root enters; every connection to it goes to `connect`. */
export async function listenFor(
  directory: string,
  connect: (connection: Socket) => void,
): Promise<{ path: string; close(): void }> {
  const own = join(directory, newId().slice(0, 12));
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    connect(connection);
  });
  // The address of a socket ends at 108 bytes, that of the data directory need not. The server removes it by that name when it closes.
  const fd = openDirectory(own);
  server.once('close', () => closeFd(fd));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(`/proc/self/fd/${fd}/agent`, resolve);
    });
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    path: join(own, 'agent'),
    close() {
      server.close();
      for (const connection of connections) connection.destroy();
      rmSync(own, { recursive: true, force: true });
    },
  };
}
