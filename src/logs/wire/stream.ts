import { createConnection, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { joinHostPort } from '../options/address.ts';
import { dialFailure } from './words.ts';

/** Where a stream goes to. */
export type StreamAddress =
  | { network: 'unix'; path: string }
  | {
      network: 'tcp';
      host: string;
      port: number;
      tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
    };

/** A connection that bytes are written to. */
export interface Stream {
  /** One at a time. Resolves once the kernel has the bytes; throws once the connection is gone, or has taken nothing for `patience` milliseconds. */
  write(bytes: Uint8Array): Promise<void>;
  /** What the other side says, in whatever pieces. */
  onData(listener: (bytes: Buffer) => void): void;
  /** Resolves with the reason once the other side has hung up, in whatever way. */
  readonly lost: Promise<Error>;
  /** Hangs up; whether the other side has read all, which it says by hanging up in turn. */
  close(): Promise<boolean>;
}

const farewell = 1000;
/** One that has taken everything, and stands, need not hang up in turn. */
const silence = new Error('no goodbye');
const goodbye = new Error('the other side has hung up');

/** Connects within `timeout` milliseconds; fails in the words of Go's dialler. The caller closes the stream. */
export async function openStream(
  to: StreamAddress,
  { timeout, patience = 0 }: { timeout: number; patience?: number },
): Promise<Stream> {
  const socket = await connected(to, timeout);
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>();
  let gone: Error | undefined;
  let failed = false;
  let ending = false;
  let writing = false;
  // Of the write that is under way: a promise that lives as long as the connection is no place to wait at again and again.
  let interrupt: ((error: Error) => void) | undefined;
  const end = (error: Error): void => {
    gone ??= error;
    socket.destroy();
    lose(gone);
    interrupt?.(gone);
  };
  socket.on('error', (error) => {
    failed = true;
    end(error);
  });
  socket.on('end', () => end(goodbye));
  socket.on('close', () => end(new Error('the connection is closed')));
  socket.resume();
  return {
    lost,
    onData: (listener) => void socket.on('data', listener),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(gone);
        const timer = patience > 0 ? setTimeout(() => end(new Error('i/o timeout')), patience) : undefined;
        const settle = (error?: Error | null): void => {
          clearTimeout(timer);
          interrupt = undefined;
          writing = error !== undefined && error !== null;
          if (error) reject(error);
          else resolve();
        };
        interrupt = settle;
        writing = true;
        socket.write(bytes, settle);
      }),
    async close() {
      if (gone || ending) return false;
      ending = true;
      socket.end();
      const timer = setTimeout(() => end(silence), farewell);
      const reason = await lost;
      clearTimeout(timer);
      return !failed && !writing && (reason === silence || reason === goodbye);
    },
  };
}

function connected(to: StreamAddress, timeout: number): Promise<Socket> {
  const address = to.network === 'unix' ? to.path : joinHostPort(to.host, to.port);
  return new Promise((resolve, reject) => {
    const [socket, event] = dial(to);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(dialFailure(to.network, address, error));
    };
    const timer = setTimeout(() => fail({ code: 'ETIMEDOUT', message: 'i/o timeout' }), timeout);
    socket.once('error', fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function dial(to: StreamAddress): [socket: Socket, event: string] {
  if (to.network === 'unix') return [createConnection({ path: to.path }), 'connect'];
  const { host, port, tls } = to;
  if (!tls) return [createConnection({ host, port }).setNoDelay(true), 'connect'];
  // An address is no name of a server; it is looked for in the certificate all the same.
  return [connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls }), 'secureConnect'];
}
