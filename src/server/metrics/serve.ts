import type { Socket } from 'node:net';
import { EngineError, type Log, messageOf } from '../../kit/index.ts';
import { type Exchange, serveConnection } from '../http/index.ts';
import { listenTcp } from '../listen/tcp.ts';
import { containerMetrics } from './container-meters.ts';
import { createEngineMeters, type EngineMeters } from './engine-meters.ts';
import { addLevels, type Levels } from './levels.ts';

/** What is measured, and where it is asked for. */
export interface Metrics extends Pick<EngineMeters, 'ended'> {
  /** Answers at `host:port` from now on: `/metrics` of the engine, `/metrics/containers` of each that runs. */
  serve(address: string, log: Log): Promise<{ close(): void }>;
  /** Shows what there is once the engine has come up. */
  show(levels: Levels): void;
}

const type = 'text/plain; version=0.0.4; charset=utf-8';

/** Measures from now on. */
export function createMetrics(): Metrics {
  const { meters, ended } = createEngineMeters();
  const scrapes = meters.counter(
    'promhttp_metric_handler_requests_total',
    'Total number of scrapes by HTTP status code.',
    [{ code: '200' }, { code: '500' }],
  );
  let containers: Levels['containers'] | undefined;
  return {
    ended,
    show(levels) {
      addLevels(meters, levels);
      ({ containers } = levels);
    },
    async serve(address, log) {
      const pages: Record<string, () => string | Promise<string>> = {
        '/metrics': () => meters.text(),
        '/metrics/containers': () => (containers ? containerMetrics(containers) : ''),
      };
      const answer = async ({ head, reply }: Exchange): Promise<void> => {
        const page = pages[head.path];
        if (!page) return reply.bytes(404, 'text/plain; charset=utf-8', '404 page not found\n');
        try {
          const text = await page();
          scrapes.add(1, { code: '200' });
          await reply.bytes(200, type, text);
        } catch (error) {
          scrapes.add(1, { code: '500' });
          log.error('metrics could not be read', { error: messageOf(error) });
          await reply.bytes(500, 'text/plain; charset=utf-8', `${messageOf(error)}\n`);
        }
      };
      return listen(address, answer, log);
    },
  };
}

async function listen(address: string, answer: (exchange: Exchange) => Promise<void>, log: Log) {
  const closing = new AbortController();
  const connections = new Set<Socket>();
  const serve = (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, answer, closing.signal).catch((error: unknown) => {
      log.debug('a connection to the metrics failed', { error: messageOf(error) });
      socket.destroy();
    });
  };
  const { port, stop } = await listenTcp(serve, parseAddress(address), log);
  log.info(`metrics API listening on ${address}`, { port });
  return {
    close() {
      stop();
      closing.abort();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** `host:port`; without a host every address of the machine. Throws as Go's listener does. */
export function parseAddress(address: string): { host: string; port: number } {
  const refuse = (why: string) => new EngineError('invalid', `listen tcp: address ${address}: ${why}`);
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(address) ?? [];
  if (port === undefined)
    throw refuse(address.includes(':') ? 'too many colons in address' : 'missing port in address');
  if (!/^\d+$/.test(port) || Number(port) > 65_535) throw refuse('invalid port');
  return { host: bracketed ?? (plain === '' || plain === undefined ? '::' : plain), port: Number(port) };
}
