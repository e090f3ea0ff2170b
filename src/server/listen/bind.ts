import type { ListenOptions, Server } from 'node:net';
import { listeningSockets, setBacklog } from '../../host/index.ts';
import { type Log, messageOf } from '../../kit/index.ts';

/** As many as Docker lets wait; Bun's own backlog is 512, whatever it is told. */
const backlog = 4096;

/** Resolves when the server listens; what fails later is logged. */
export async function bind(server: Server, where: ListenOptions | { fd: number }, log: Log): Promise<void> {
  const others = new Set(listeningSockets());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
  for (const fd of listeningSockets()) if (!others.has(fd)) setBacklog(fd, backlog);
  server.on('error', (error) => log.error('the listener failed', { error: messageOf(error) }));
}
