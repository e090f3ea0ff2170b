import type { Socket } from 'node:net';
import { type Log, messageOf, type Tracer, untraced } from '../kit/index.ts';
import type { Authorizers } from './authorize/authorize.ts';
import type { Backends, Server } from './contract.ts';
import { createDispatch } from './dispatch.ts';
import { type Exchange, type Reply, serveConnection } from './http/index.ts';
import { listenInherited } from './listen/inherited.ts';
import { listenTcp } from './listen/tcp.ts';
import { listenUnix } from './listen/unix.ts';
import { createRouter, type Route } from './router.ts';
import { buildRoutes } from './routes/build/build.ts';
import { givenRoutes } from './routes/container/given.ts';
import { inspectManyRoutes } from './routes/container/inspect-many.ts';
import { containerRoutes } from './routes/containers.ts';
import { directRoutes } from './routes/direct.ts';
import { eventRoutes } from './routes/events.ts';
import { execRoutes } from './routes/exec.ts';
import { imageRoutes } from './routes/images.ts';
import { lineRoutes } from './routes/line.ts';
import { networkRoutes } from './routes/networks.ts';
import { registryRoutes } from './routes/registry.ts';
import { systemRoutes } from './routes/system/system.ts';
import { volumeRoutes } from './routes/volumes.ts';

/** What a request that is being answered when the engine stops may still take. */
const graceMs = 1000;

function routesTo(backends: Backends): Route[] {
  return [
    ...systemRoutes(backends),
    ...eventRoutes(backends.system.events),
    ...execRoutes(backends),
    ...containerRoutes(backends),
    ...buildRoutes(backends),
    ...imageRoutes(backends),
    ...registryRoutes(backends),
    ...volumeRoutes(backends),
    ...networkRoutes(backends),
    ...directRoutes(backends),
    ...lineRoutes(backends),
    ...givenRoutes(backends.containers),
    ...inspectManyRoutes(backends.containers),
  ];
}

/** Serves Docker's API over the rooms given. Nothing listens until `listen`. */
export function createServer(options: {
  backends: Backends;
  log: Log;
  tracer?: Tracer;
  authorizers?: Authorizers;
  /** See DispatchOptions. */
  trouble?: () => string | undefined;
}): Server {
  const { backends, log, tracer = untraced, authorizers, trouble } = options;
  const find = createRouter(routesTo(backends));
  const { server, isExperimental } = backends.system;
  const known = { ...(authorizers && { authorizers }), ...(trouble && { trouble }) };
  const dispatch = createDispatch({ find, server, isExperimental, log, tracer, ...known });
  const closing = new AbortController();
  const connections = new Map<Socket, Reply | undefined>();
  const serve = (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
    const handle = async (exchange: Exchange) => {
      connections.set(socket, exchange.reply);
      await dispatch(exchange, socket);
      if (connections.has(socket)) connections.set(socket, undefined);
    };
    serveConnection(socket, handle, closing.signal).catch((error: unknown) => {
      log.error('a connection failed', { error: messageOf(error) });
      socket.destroy();
    });
  };
  const listeners: (() => void)[] = [];
  return {
    async listen(address) {
      if ('path' in address) {
        listeners.push(await listenUnix(serve, address, log));
        log.info('API listen', { path: address.path });
        return undefined;
      }
      if ('fd' in address) {
        listeners.push(await listenInherited(serve, address, log));
        log.info('API listen', { fd: address.fd });
        return undefined;
      }
      const { port, stop } = await listenTcp(serve, address, log);
      listeners.push(stop);
      log.info('API listen', { host: address.host, port, tls: address.tls !== undefined });
      return port;
    },
    async close() {
      for (const stop of listeners) stop();
      closing.abort();
      for (const [socket, reply] of connections) if (reply === undefined || reply.hijacked) socket.destroy();
      const deadline = Date.now() + graceMs;
      while (connections.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}
