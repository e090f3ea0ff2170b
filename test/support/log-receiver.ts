import { createSocket } from 'node:dgram';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { packText, takeChunks } from './forward.ts';

/** `tcp` is a stream, `udp` datagrams; `forward` is a stream whose chunks are acknowledged. */
export type Kind = 'tcp' | 'udp' | 'forward';

/**
 * What a log driver sends, as it comes: each datagram, or each piece of a stream, as a line of base64 in a file, behind the number
 * of its connection. The file is there once somebody listens.
 */
export function receive(kind: Kind, port: number, out: string): { close(): void } {
  const note = (connection: number, bytes: Buffer): void =>
    appendFileSync(out, `${connection} ${bytes.toString('base64')}\n`);
  const begin = (): void => writeFileSync(out, '', { flag: 'a' });
  if (kind === 'udp') {
    const socket = createSocket('udp4').on('message', (bytes) => note(0, bytes));
    socket.bind(port, '127.0.0.1', begin);
    return socket;
  }
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const number = connections++;
    sockets.add(socket);
    // A message may come in pieces.
    let begun: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      note(number, bytes);
      if (kind === 'forward') begun = acknowledge(socket, Buffer.concat([begun, bytes]));
    });
    socket.on('error', () => undefined);
  });
  server.listen(port, '127.0.0.1', begin);
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Returns what no whole message is yet. */
function acknowledge(socket: Socket, bytes: Buffer): Buffer {
  const { chunks, rest } = takeChunks(bytes);
  for (const chunk of chunks) socket.write(Buffer.concat([Buffer.from([0x81]), packText('ack'), packText(chunk)]));
  return rest;
}

if (import.meta.main) {
  const [kind = '', port = '', out = ''] = process.argv.slice(2);
  receive(kind as Kind, Number(port), out);
}
