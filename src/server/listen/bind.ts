import type { ListenOptions, Server } from 'node:net';
import { type Log, messageOf } from '../../kit/index.ts';

/** Resolves when the server listens; what fails later is logged. */
export async function bind(server: Server, where: ListenOptions, log: Log): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error('the listener failed', { error: messageOf(error) }));
}
