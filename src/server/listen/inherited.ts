import { createServer, type Socket } from 'node:net';
import { isUnixSocket } from '../../host/index.ts';
import type { Log } from '../../kit/index.ts';
import type { InheritedAddress } from '../contract.ts';
import { bind } from './bind.ts';
import { acceptTcp, secureServer } from './tcp.ts';

/** Listens on a socket that somebody has opened for the engine; where it is a port, with TLS if there is material for it. */
export async function listenInherited(
  serve: (socket: Socket) => void,
  { fd, tls }: InheritedAddress,
  log: Log,
): Promise<() => void> {
  const local = isUnixSocket(fd);
  const accept = local ? serve : acceptTcp(serve);
  const server = tls && !local ? secureServer(tls, accept, log) : createServer({ allowHalfOpen: true }, accept);
  await bind(server, { fd }, log);
  return () => server.close();
}
