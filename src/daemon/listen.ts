import type { Log } from '../kit/index.ts';
import type { Server } from '../server/index.ts';
import type { Settings } from './flags.ts';
import { readTls, warnOfOpenPort } from './tls.ts';

/** Listens wherever the settings say, with dockerd's warnings about open ports. */
export async function listenAll(server: Server, { hosts, group, tls }: Settings, log: Log): Promise<void> {
  const secure = readTls(tls);
  for (const host of hosts) {
    if (host.kind === 'unix') {
      await server.listen({ path: host.path, mode: 0o660, group });
      continue;
    }
    if (secure?.clientCa === undefined) await warnOfOpenPort(host.host, tls, log);
    await server.listen({ host: host.host, port: host.port, ...(secure && { tls: secure }) });
  }
}
