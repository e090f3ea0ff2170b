import { afterAll, beforeAll, expect, test } from 'bun:test';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { silent } from '../../kit/index.ts';
import { secureServer } from './tcp.ts';

let certificates: string;
let server: Server;
let port: number;
beforeAll(async () => {
  certificates = await makeCertificates();
  const read = (name: string) => readFileSync(join(certificates, name), 'utf8');
  const pem = { cert: read('server-cert.pem'), key: read('server-key.pem') };
  server = secureServer(pem, (socket) => void socket.pipe(socket), silent, { handshakeMs: 200 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.close();
  rmSync(certificates, { recursive: true });
});

async function said(bytes: Buffer | string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => void socket.write(bytes));
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part)).on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(parts).toString();
}

test('who speaks HTTP to it is told so, other things are cut off', async () => {
  const words = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
  expect(await said('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(words);
  expect(await said('SSH-2.0-x\r\n')).toBe('');
});

test('who says nothing, or begins a handshake and does not go on, is cut off in time', async () => {
  expect(await said('')).toBe('');
  await said(Buffer.from([0x16, 3, 1, 0, 50]));
});

test('who finishes it is served for longer than that, both ways and to the end', async () => {
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true };
  const socket = connectTls(options);
  await once(socket, 'secureConnect');
  await new Promise((resolve) => setTimeout(resolve, 300));
  let got = 0;
  socket.on('data', (part: Buffer) => {
    got += part.length;
  });
  socket.end(Buffer.alloc(5 << 20, 1));
  await once(socket, 'end');
  expect(got).toBe(5 << 20);
});
