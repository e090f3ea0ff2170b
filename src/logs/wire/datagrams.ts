import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DatagramSocket, openDatagrams, type SystemError } from '../../host/index.ts';
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
const EAGAIN = 11;

/** By unix socket, or by UDP to a name or an address; fails in the words of Go's dialler. The caller closes it. */
export async function dialDatagrams(to: { path: string } | { host: string; port: number }): Promise<Datagrams> {
  const [network, address] =
    'path' in to ? ['unixgram', to.path] : ['udp', joinHostPort(to.host || '127.0.0.1', to.port)];
  try {
    const socket = openDatagrams('path' in to ? to : { ip: await resolved(to.host), port: to.port });
    return overSocket(socket);
  } catch (error) {
    throw dialFailure(network ?? '', address ?? '', error);
  }
}

const resolved = async (host: string): Promise<string> =>
  host === '' ? '127.0.0.1' : (await lookup(host, { verbatim: true })).address;

function overSocket(socket: DatagramSocket): Datagrams {
  let closed = false;
  /** Waits for room; the work says with an error that there is none. */
  const retried = async (work: () => SystemError | undefined): Promise<void> => {
    for (let waited = 1; ; waited = Math.min(waited * 2, 64)) {
      if (closed) throw new Error('the connection is closed');
      const error = work();
      if (!error) return;
      if (error.errno !== EAGAIN) throw error;
      await sleep(waited);
    }
  };
  return {
    send: (bytes) => retried(() => socket.send(bytes)),
    sendLong: (bytes) => retried(() => socket.sendAsMemory(bytes)),
    async close() {
      // On this machine the word that nobody receives comes at once.
      await sleep(answer);
      if (closed) return false;
      closed = true;
      const fault = socket.fault();
      socket.close();
      return fault === undefined;
    },
  };
}
