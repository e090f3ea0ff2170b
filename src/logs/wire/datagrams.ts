import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DatagramSocket, openDatagrams } from '../../host/index.ts';
import { joinHostPort } from '../options/address.ts';
import { dialFailure } from './words.ts';

/** Datagrams to one receiver. */
export interface Datagrams {
  /** Resolves once the kernel has it; throws (a SystemError) where nobody receives. */
  send(bytes: Uint8Array): Promise<void>;
  /** The same for what is too long for a datagram: sealed memory goes in its place. */
  sendLong(bytes: Uint8Array): Promise<void>;
  /** Whether the last ones did not come back as undeliverable. */
  close(): Promise<boolean>;
}

const answer = 5;

/** By unix socket, or by UDP to a name or an address; fails in the words of Go's dialler. The caller closes it. */
export async function dialDatagrams(to: { path: string } | { host: string; port: number }): Promise<Datagrams> {
  const [network, address] =
    'path' in to ? ['unixgram', to.path] : ['udp', joinHostPort(to.host || '127.0.0.1', to.port)];
  try {
    const socket = openDatagrams('path' in to ? to : { ip: await resolved(to.host), port: to.port });
    return {
      send: (bytes) => taken(socket, bytes),
      sendLong: (bytes) => retried(async () => socket.sendAsMemory(bytes)),
      async close() {
        // On this machine the word that nobody receives comes at once.
        await sleep(answer);
        const fault = socket.fault();
        socket.close();
        return fault === undefined;
      },
    };
  } catch (error) {
    throw dialFailure(network ?? '', address ?? '', error);
  }
}

const resolved = async (host: string): Promise<string> =>
  host === '' ? '127.0.0.1' : (await lookup(host, { verbatim: true })).address;

async function taken(socket: DatagramSocket, bytes: Uint8Array): Promise<void> {
  for (let waited = 1; ; waited = Math.min(waited * 2, 64)) {
    const error = socket.send(bytes);
    if (!error) return;
    if (error.code !== 'EAGAIN') throw error;
    await sleep(waited);
  }
}

async function retried(work: () => Promise<void>): Promise<void> {
  for (let waited = 1; ; waited = Math.min(waited * 2, 64)) {
    try {
      return await work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    await sleep(waited);
  }
}
