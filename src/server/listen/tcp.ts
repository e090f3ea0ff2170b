import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { EngineError, type Log, messageOf } from '../../kit/index.ts';
import type { ServerTls, TcpAddress } from '../contract.ts';
import { bind } from './bind.ts';

/** As often as Go's server asks a silent client whether it is still there. */
const keepAliveMs = 15_000;
/** How long a handshake may take. */
const patience = 30_000;

/** Listens on a port, with TLS where there is material for it. */
export async function listenTcp(
  serve: (socket: Socket) => void,
  address: TcpAddress,
  log: Log,
): Promise<{ port: number; stop: () => void }> {
  const { host, port, tls } = address;
  const accept = acceptTcp(serve);
  const server = tls ? secureServer(tls, accept, log) : createServer({ allowHalfOpen: true }, accept);
  try {
    await bind(server, { host: await addressOf(host), port }, log);
  } catch (error) {
    const { code } = error as { code?: string };
    const reason = code === 'EADDRINUSE' ? 'bind: address already in use' : messageOf(error);
    throw new EngineError('conflict', `listen tcp ${host}:${port}: ${reason}`, error);
  }
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

/** A name that stands for addresses of both kinds means the IPv4 one, as for Go's listeners: clients dial `127.0.0.1` for `localhost`. */
async function addressOf(host: string): Promise<string> {
  if (host === '' || isIP(host) !== 0) return host;
  const known = await lookup(host, { all: true });
  return (known.find(({ family }) => family === 4) ?? known[0])?.address ?? host;
}

/** What a connection of a port is set to before it is served. */
export function acceptTcp(serve: (socket: Socket) => void): (socket: Socket) => void {
  return (socket) => {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    serve(socket);
  };
}

/** A server that speaks TLS; whom it must know it asks for a certificate. */
export function secureServer(
  { cert, key, clientCa }: ServerTls,
  accept: (socket: Socket) => void,
  log: Log,
  { handshakeMs = patience } = {},
): Server {
  const verified = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const options: TlsOptions = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMs,
    allowHalfOpen: true,
    ALPNProtocols: ['http/1.1'],
    ...verified,
  };
  const unproven = new Map<string, Socket>();
  const server = createTlsServer(options, (socket) => {
    unproven.delete(peerOf(socket));
    // Also said by rejectUnauthorized; nothing may depend on one place alone here.
    if (clientCa !== undefined && !socket.authorized) socket.destroy();
    else accept(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    log.debug('TLS handshake error', { from: socket.remoteAddress, error: messageOf(error) });
    unproven.get(peerOf(socket))?.destroy();
  });
  return createServer({ allowHalfOpen: true }, (socket) => {
    // Nobody else does that for a connection that is handed over.
    const timer = setTimeout(() => unproven.get(peerOf(socket)) === socket && socket.destroy(), handshakeMs);
    socket.once('close', () => clearTimeout(timer));
    handOver(socket, server, unproven);
  });
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** The first byte of a TLS record that begins a handshake. */
const handshake = 0x16;

/** Who speaks HTTP to a port with TLS is told so, as Go's server does; everybody else is the TLS server's. */
function handOver(socket: Socket, server: Server, unproven: Map<string, Socket>): void {
  const peer = peerOf(socket);
  unproven.set(peer, socket);
  socket.once('close', () => {
    if (unproven.get(peer) === socket) unproven.delete(peer);
  });
  socket.on('error', () => undefined); // 'close' follows.
  socket.once('data', (bytes: Buffer) => {
    if (bytes[0] === handshake) {
      socket.pause();
      socket.unshift(bytes);
      server.emit('connection', socket);
    } else if (/^(GET|HEAD|POST|PUT|OPTI)/.test(bytes.toString('latin1', 0, 5))) {
      socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    } else {
      socket.destroy();
    }
  });
}
