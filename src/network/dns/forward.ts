import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type Query, ResponseCode, readAnswer } from './message.ts';

/** Asks servers outside, one after another until one answers; undefined if none does. `tcp` as the question came. */
export type Forward = (
  servers: string[],
  question: { bytes: Buffer; query: Query; tcp: boolean },
) => Promise<Buffer | undefined>;

/** How long each server is waited for, in milliseconds. */
const patience = 4000;
/** Questions that are out at once; more than that are refused. */
const mostAtOnce = 1024;
const port = 53;

export function createForward(options: { port?: number; patience?: number } = {}): Forward {
  const wait = options.patience ?? patience;
  let out = 0;
  return async (servers, { bytes, query, tcp }) => {
    if (out >= mostAtOnce) return undefined;
    out += 1;
    try {
      for (const server of servers) {
        const ask = tcp ? askByTcp : askByUdp;
        const answer = await ask({ server, port: options.port ?? port, wait, accepts }, bytes).catch(() => undefined);
        if (answer) return answer;
      }
      return undefined;
    } finally {
      out -= 1;
    }

    /** A server that fails or refuses is as good as none. */
    function accepts(answer: Buffer): boolean | undefined {
      const found = readAnswer(answer, bytes, query);
      if (!found) return undefined;
      return found.code !== ResponseCode.serverFailure && found.code !== ResponseCode.refused;
    }
  };
}

interface Asking {
  server: string;
  port: number;
  wait: number;
  /** Undefined: it is no answer to this question. */
  accepts(answer: Buffer): boolean | undefined;
}

/** A port of its own for each question: nobody who does not see it can guess it. */
function askByUdp({ server, port: to, wait, accepts }: Asking, bytes: Buffer): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4');
  const timer = setTimeout(resolve, wait, undefined);
  socket.on('error', () => resolve(undefined));
  socket.on('message', (answer) => {
    const accepted = accepts(answer);
    if (accepted !== undefined) resolve(accepted ? answer : undefined);
  });
  // Where no route leads, it calls back unconnected; its type does not say so.
  socket.connect(to, server, (error?: Error) => (error ? resolve(undefined) : socket.send(bytes)));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function askByTcp({ server, port: to, wait, accepts }: Asking, bytes: Buffer): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = connect({ host: server, port: to });
  const timer = setTimeout(resolve, wait, undefined);
  const read = createMessages((answer) => resolve(accepts(answer) ? answer : undefined));
  socket.on('error', () => resolve(undefined));
  socket.on('close', () => resolve(undefined));
  socket.on('data', read);
  socket.write(framed(bytes));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

/** A message with its length in front, as TCP has them. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Cuts a stream into messages. */
export function createMessages(take: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      take(Buffer.from(rest.subarray(2, end)));
      rest = rest.subarray(end);
    }
  };
}
