import { connect, type Socket } from 'node:net';
import { createMessageReader, helloBytes, type Request, requestBytes, type ShimMessage } from './protocol.ts';

/** A control connection to one shim. */
export interface Connection {
  /** The errno of the answer, 0 for success; -1 when the connection closed before it. */
  request(request: Request): Promise<number>;
  /** Every message but the answers, in order, also those that came before the call. */
  listen(listener: (message: Exclude<ShimMessage, { type: 'answer' }>) => void): void;
  /** Never rejects. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Resolves once connected and the hello is written; rejects with the socket's error (ENOENT, ECONNREFUSED). */
export async function openConnection(path: string): Promise<Connection> {
  const socket = await connected(path);
  socket.write(helloBytes('control'));
  const read = createMessageReader();
  const answers: ((errno: number) => void)[] = [];
  const early: Exclude<ShimMessage, { type: 'answer' }>[] = [];
  let deliver = (message: Exclude<ShimMessage, { type: 'answer' }>): void => void early.push(message);
  const closed = Promise.withResolvers<void>();
  const take = (message: ShimMessage) => {
    if (message.type === 'answer') answers.shift()?.(message.errno);
    else deliver(message);
  };
  socket.on('data', (chunk: Uint8Array) => {
    try {
      read(chunk).forEach(take);
    } catch {
      socket.destroy();
    }
  });
  socket.on('end', () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const answer of answers.splice(0)) answer(-1);
    closed.resolve();
  });
  return {
    request(request) {
      if (socket.destroyed || !socket.writable) return Promise.resolve(-1);
      const answer = Promise.withResolvers<number>();
      answers.push(answer.resolve);
      socket.write(requestBytes(request));
      return answer.promise;
    },
    listen(listener) {
      deliver = listener;
      early.splice(0).forEach(listener);
    },
    closed: closed.promise,
    close: () => socket.destroy(),
  };
}

/** A connected stream socket that may be half-closed. */
export function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
