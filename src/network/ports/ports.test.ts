import { afterEach, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { closeSockets } from './port-socket.ts';
import type { PortWish } from './port-wishes.ts';
import { createPorts } from './ports.ts';

const open: number[] = [];
afterEach(() => closeSockets(open.splice(0)));

const wish = (first: number, last = first, hostIp = '127.0.0.1'): PortWish => ({
  protocol: 'tcp',
  containerPort: 80,
  hostIp,
  first,
  last,
});

const fds = (sockets: { fd: number }[]) => sockets.map(({ fd }) => fd);
const owner = (id: string) => ({ id, name: id });
const at = (ip: string) => ({ v4: { ip, routed: false }, relays: false });

/** A port nobody has, of this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('what another container has is refused, and free again when that one gives it back', async () => {
  const port = await freePort();
  const ports = createPorts(() => [32_768, 60_999]);
  const first = ports.reserve(owner('one'), at('10.0.0.2'), [wish(port)]);
  expect(first.ports).toEqual([{ protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: port }]);
  expect(() => ports.reserve(owner('two'), at('10.0.0.3'), [wish(port, port, '')])).toThrow(
    `Bind for 127.0.0.1:${port} failed: port is already allocated`,
  );
  expect(() => ports.reserve(owner('two'), at('10.0.0.3'), [wish(port - 0, port)])).toThrow(
    'port is already allocated',
  );
  open.push(...fds(ports.reserve(owner('two'), at('10.0.0.3'), [wish(port, port, '127.0.0.2')]).sockets));
  closeSockets(fds(first.sockets));
  ports.giveBack('one');
  ports.giveBack('two');
  open.push(...fds(ports.reserve(owner('three'), at('10.0.0.3'), [wish(port)]).sockets));
});

test('what another program listens on is refused, a range goes on to its next port', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const ports = createPorts(() => [32_768, 60_999]);
  expect(() => ports.reserve(owner('one'), at('10.0.0.2'), [wish(port)])).toThrow(
    `failed to bind host port for 127.0.0.1:${port}:10.0.0.2:80/tcp: address already in use`,
  );
  const range = ports.reserve(owner('one'), at('10.0.0.2'), [wish(port, port + 8)]);
  open.push(...fds(range.sockets));
  expect(range.ports[0]?.hostPort).toBeGreaterThan(port);
  server.close();
});

test('a reserved port is nobody else’s, and answers nobody', async () => {
  const port = await freePort();
  const ports = createPorts(() => [32_768, 60_999]);
  open.push(...fds(ports.reserve(owner('one'), at('10.0.0.2'), [wish(port)]).sockets));
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
    server.once('error', resolve).listen(port, '127.0.0.1'),
  );
  expect(error.code).toBe('EADDRINUSE');
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
});

test('any port is the next of the range, all or nothing', async () => {
  const start = await freePort();
  const ports = createPorts(() => [start, start + 1]);
  const first = ports.reserve(owner('one'), at('10.0.0.2'), [wish(0)]);
  open.push(...fds(first.sockets));
  expect(first.ports[0]?.hostPort).toBe(start);
  expect(() => ports.reserve(owner('two'), at('10.0.0.3'), [wish(0), wish(0)])).toThrow('all ports are allocated');
  const second = ports.reserve(owner('two'), at('10.0.0.3'), [wish(0)]);
  open.push(...fds(second.sockets));
  expect(second.ports[0]?.hostPort).toBe(start + 1);
});

test('an address that is not ours is refused in Docker’s words', () => {
  const ports = createPorts(() => [32_768, 60_999]);
  expect(() => ports.reserve(owner('one'), at('10.0.0.2'), [wish(8081, 8081, '203.0.113.77')])).toThrow(
    'failed to bind host port for 203.0.113.77:8081:10.0.0.2:80/tcp: cannot assign requested address',
  );
});

test.skipIf(existsSync('/proc/net/sctp'))('a kernel without SCTP says so in Docker’s words', () => {
  const ports = createPorts(() => [32_768, 60_999]);
  const sctp = (hostIp: string) => [{ ...wish(8081, 8081, hostIp), protocol: 'sctp' }];
  const words = 'error starting userland proxy: failed to listen on';
  expect(() => ports.reserve(owner('one'), at('10.0.0.2'), sctp('127.0.0.1'))).toThrow(
    `${words} 127.0.0.1:8081: protocol not supported`,
  );
});
