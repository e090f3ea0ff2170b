import type { Log } from '../kit/index.ts';
import type { Server, ServerTls } from '../server/index.ts';
import type { Settings } from './settings/settings.ts';
import { warnOfOpenPort } from './settings/tls.ts';
import type { Starter } from './systemd.ts';

interface Options {
  settings: Settings;
  starter: Starter;
  /** What the ports are secured with. */
  secure: ServerTls | undefined;
  log: Log;
}

/** Listens wherever the settings say, with dockerd's warnings about open ports. */
export async function listenAll(server: Server, { settings, starter, secure, log }: Options): Promise<void> {
  const { hosts, group, tls } = settings;
  const material = secure && { tls: secure };
  for (const host of hosts) {
    if (host.kind === 'unix') {
      await server.listen({ path: host.path, mode: 0o660, group });
    } else if (host.kind === 'fd') {
      for (const fd of starter.sockets(host.name)) await server.listen({ fd, ...material });
    } else {
      if (secure?.clientCa === undefined) await warnOfOpenPort(host.host, tls, log);
      await server.listen({ host: host.host, port: host.port, ...material });
    }
  }
}
