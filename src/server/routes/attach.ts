import { frame, olderThan } from '../../api/index.ts';
import type { AttachSession, Containers } from '../../container/index.ts';
import { describeError } from '../errors.ts';
import { reasonOf } from '../http/index.ts';
import type { Handler, Request } from '../request.ts';
import { answerHandshake } from '../websocket/handshake.ts';
import { createWebSocketStream } from '../websocket/stream.ts';

const rawStream = 'application/vnd.docker.raw-stream';

/** The head that ends HTTP on a connection: 101 for a client that asked for an upgrade, else 200. */
export function hijackHead(request: Request, tty: boolean, extra: Record<string, string> = {}): string {
  const upgrade = request.head.headers.has('upgrade');
  const framed = upgrade && !tty && !olderThan(request.version, '1.42');
  const type = framed ? 'application/vnd.docker.multiplexed-stream' : rawStream;
  const fields: Record<string, string> = {
    'Content-Type': type,
    ...(upgrade ? { Connection: 'Upgrade', Upgrade: 'tcp' } : {}),
    ...extra,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${upgrade ? '101 UPGRADED' : '200 OK'}\r\n${lines.join('')}\r\n`;
}

/** Hands the client's connection to a session until either ends. */
export async function hijack(request: Request, session: AttachSession, head: string): Promise<void> {
  const client = await request.reply.hijack(head);
  await session.connect(client);
}

/** Tells a client whose stream has begun what went wrong, as Docker does: as output. */
export async function hijackError(request: Request, tty: boolean, head: string, error: unknown): Promise<void> {
  const client = await request.reply.hijack(head);
  const text = Buffer.from(`${describeError(error).message}\r\n`);
  client.end(tty ? text : frame('stdout', text));
}

/** The same over a WebSocket: never multiplexed, in binary messages since 1.28. */
export function attachSocketHandler(containers: Containers): Handler {
  return async (request) => {
    const { query, version, head, reply } = request;
    // All three streams, whatever was asked for, before 1.42.
    const wants = (name: string) => olderThan(version, '1.42') || query.flag(name);
    const detachKeys = query.text('detachKeys');
    const session = await containers.attach(request.name, {
      stdin: wants('stdin'),
      stdout: wants('stdout'),
      stderr: wants('stderr'),
      stream: query.flag('stream'),
      logs: query.flag('logs'),
      ...(detachKeys === '' ? {} : { detachKeys }),
    });
    const { accepted, text } = answerHandshake(head.headers);
    const client = await reply.hijack(text);
    if (!accepted) return void client.end();
    const stream = createWebSocketStream(client, {
      binary: !olderThan(version, '1.28'),
      multiplexed: !session.tty,
    });
    await session.connect(stream);
    stream.end();
  };
}

export function attachHandler(containers: Containers): Handler {
  return async (request) => {
    const { query } = request;
    const detachKeys = query.text('detachKeys');
    let session: AttachSession;
    try {
      session = await containers.attach(request.name, {
        stdin: query.flag('stdin'),
        stdout: query.flag('stdout'),
        stderr: query.flag('stderr'),
        stream: query.flag('stream'),
        logs: query.flag('logs'),
        ...(detachKeys === '' ? {} : { detachKeys }),
      });
    } catch (error) {
      return refuseAttach(request, error);
    }
    await hijack(request, session, hijackHead(request, session.tty));
  };
}

/** Docker answers a failed attach on the connection it has already taken over, as plain text. */
async function refuseAttach(request: Request, error: unknown): Promise<void> {
  const { status, message } = describeError(error);
  const head = `HTTP/1.1 ${status} ${reasonOf(status)}\r\nContent-Type: ${rawStream}\r\n\r\n`;
  const client = await request.reply.hijack(head);
  client.end(`${message}\r\n`);
}
