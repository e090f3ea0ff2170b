import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { splice } from './splice.ts';

const opened: { servers: Server[]; sockets: Socket[]; directories: string[] } = {
  servers: [],
  sockets: [],
  directories: [],
};
afterEach(() => {
  for (const socket of opened.sockets.splice(0)) socket.destroy();
  for (const server of opened.servers.splice(0)) server.close();
  for (const directory of opened.directories.splice(0)) rmSync(directory, { recursive: true });
});

/** Both ends of a connection; either may be half-closed. */
async function pair(): Promise<[here: Socket, there: Socket]> {
  const directory = mkdtempSync(join(tmpdir(), 'splice-'));
  opened.directories.push(directory);
  const path = join(directory, 'socket');
  const far = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, far.resolve);
  opened.servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const here = connect({ path, allowHalfOpen: true });
  const both: [Socket, Socket] = [here, await far.promise];
  opened.sockets.push(...both);
  return both;
}

/** As one that was read from and then left alone is. */
async function restUntilEnd(socket: Socket): Promise<void> {
  socket.resume();
  socket.pause();
  while (!socket.readableEnded) await Bun.sleep(1);
}

async function text(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

const options = { stdin: true, endStdin: true };

test('a process that ended without a word before the client was there has ended', async () => {
  const [socket, process] = await pair();
  process.end();
  await restUntilEnd(socket);
  const [client] = await pair();
  expect(await splice(client, socket, options)).toBe('ended');
  expect(socket.destroyed).toBe(true);
  expect(client.destroyed).toBe(false);
});

test('… also where its output is written anew', async () => {
  const [socket, process] = await pair();
  process.end();
  await restUntilEnd(socket);
  const [client] = await pair();
  expect(await splice(client, socket, { ...options, recode: new PassThrough() })).toBe('ended');
});

test('what it said before is heard', async () => {
  const [socket, process] = await pair();
  process.end('all of it');
  const [client, far] = await pair();
  const heard = text(far);
  expect(await splice(client, socket, options)).toBe('ended');
  client.end();
  expect(await heard).toBe('all of it');
});

test('a client that half-closed before the process was there ends its stdin', async () => {
  const [client, far] = await pair();
  far.end();
  await restUntilEnd(client);
  const [socket, process] = await pair();
  const spliced = splice(client, socket, options);
  expect(await text(process)).toBe('');
  process.end('bye');
  expect(await spliced).toBe('ended');
});

test('a client that goes lets go of the process, before or after', async () => {
  for (const early of [true, false]) {
    const [client] = await pair();
    const [socket] = await pair();
    if (early) client.destroy();
    const spliced = splice(client, socket, options);
    if (!early) client.destroy();
    expect(await spliced).toBe('ended');
    expect(socket.destroyed).toBe(true);
  }
});

test('a process that goes without an end has ended, with and without another form', async () => {
  for (const recode of [undefined, new PassThrough()]) {
    const [client] = await pair();
    const [socket] = await pair();
    const spliced = splice(client, socket, { ...options, ...(recode && { recode }) });
    socket.destroy();
    expect(await spliced).toBe('ended');
  }
});
