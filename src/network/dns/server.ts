import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { closeFd, openDirectory, socketPath } from '../../host/index.ts';
import { type Log, messageOf } from '../../kit/index.ts';
import type { Place } from '../records/place.ts';
import { createMessages, framed } from './forward.ts';
import { type Resolving, resolve } from './resolve.ts';

/** The socket that containers' shims bring their questions to; see runtime's NetworkPlan. */
export interface ResolverServer {
  listen(): Promise<void>;
  close(): Promise<void>;
}

const greeting = Buffer.from('TUG\u0001D', 'latin1');
const fileName = 'resolver.sock';

export function createResolverServer(options: {
  /** Where its socket `resolver.sock` is made; only root may enter it. */
  directory: string;
  resolving: Resolving;
  placeOf(containerId: string): Place | undefined;
  log: Log;
}): ResolverServer {
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, options));
  let directory = -1;
  return {
    async listen() {
      mkdirSync(dirname(`${options.directory}/${fileName}`), { recursive: true, mode: 0o711 });
      directory = openDirectory(options.directory);
      const path = socketPath(directory, fileName);
      rmSync(path, { force: true });
      const before = process.umask(0o177);
      try {
        await listening(server, path);
      } finally {
        process.umask(before);
      }
    },
    async close() {
      // The name stays: whoever asks before the next engine is there is refused, and tries again.
      server.close();
      if (directory >= 0) closeFd(directory);
      directory = -1;
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(path, () => {
      server.off('error', fail);
      server.on('error', () => undefined);
      done();
    });
    server.unref();
  });
}

type Serving = Parameters<typeof createResolverServer>[0];

/** One connection: who asks, then questions with their length in front. */
function serve(socket: Socket, serving: Serving): void {
  let head = Buffer.alloc(0);
  let read: ((chunk: Buffer) => void) | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    if (read) return read(chunk);
    head = Buffer.concat([head, chunk]);
    const asker = parseHead(head);
    if (asker === 'wrong') return void socket.destroy();
    if (asker === 'short') return;
    read = createMessages((bytes) => void reply(socket, serving, { ...asker, bytes }));
    read(head.subarray(asker.length));
  });
}

function parseHead(head: Buffer): { id: string; tcp: boolean; length: number } | 'short' | 'wrong' {
  if (!greeting.subarray(0, head.length).equals(head.subarray(0, greeting.length))) return 'wrong';
  const length = 7 + (head[6] ?? 0);
  if (head.length < 7 || head.length < length) return 'short';
  return { id: head.toString('latin1', 7, length), tcp: head[5] === 1, length };
}

async function reply(
  socket: Socket,
  { placeOf, resolving, log }: Serving,
  question: { id: string; tcp: boolean; bytes: Buffer },
): Promise<void> {
  try {
    const place = placeOf(question.id);
    const answer = place && (await resolve(resolving, place, question));
    if (answer && !socket.destroyed) socket.write(framed(answer));
    else socket.destroy();
  } catch (error) {
    log.error('a question about a name could not be answered', { error: messageOf(error) });
    socket.destroy();
  }
}
