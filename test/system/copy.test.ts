// Large files between a container and this machine go from file to file; whoever stands between gets them through the connection.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { O_PATH } from '../../src/host/index.ts';
import { encodeTarHead, tarEnd } from '../../src/oci/index.ts';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { namesPeers } from '../support/kernel.ts';

const megabyte = 1 << 20;
let engine: Engine;
let source: string;
let relay: { server: Server; host: string; bytes: () => number };

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  await engine.tug(['create', '--name', 'box', 'busybox', 'sleep', '3600']);
  source = join(engine.directory, 'source');
  mkdirSync(join(source, 'below'), { recursive: true });
  writeFileSync(join(source, 'small'), 'small\n');
  writeFileSync(join(source, 'below/large'), Buffer.alloc(3 * megabyte + 77, 'large'));
  chmodSync(join(source, 'below/large'), 0o4751);
  chownSync(join(source, 'small'), 12, 34);
  utimesSync(join(source, 'below/large'), 1_000_000_000, 1_000_000_000);
  relay = await startRelay(join(engine.directory, 'relay.sock'), engine.socket);
});

afterAll(async () => {
  relay.server.close();
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

async function startRelay(path: string, to: string): Promise<typeof relay> {
  let bytes = 0;
  const count = (piece: Buffer) => (bytes += piece.length);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const other = connect({ path: to, allowHalfOpen: true });
    client.on('data', count).pipe(other);
    other.on('data', count).pipe(client);
    client.on('error', () => other.destroy());
    other.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { server, host: `unix://${path}`, bytes: () => bytes };
}

function expectCopied(target: string): void {
  const large = lstatSync(join(target, 'below/large'));
  expect({ mode: large.mode & 0o7777, size: large.size, mtime: large.mtimeMs }).toEqual({
    mode: 0o4751,
    size: 3 * megabyte + 77,
    mtime: 1e12,
  });
  expect(readFileSync(join(target, 'below/large')).equals(readFileSync(join(source, 'below/large')))).toBe(true);
  expect(readFileSync(join(target, 'small'), 'utf8')).toBe('small\n');
}

for (const way of ['to its own engine', 'through a relay', 'by the command line of Docker'] as const) {
  test(`a tree goes in and comes out as it was, ${way}`, async () => {
    const [into, back] = [`/${way.replaceAll(' ', '-')}`, join(engine.directory, way.replaceAll(' ', '-'))];
    const env = way === 'through a relay' ? { DOCKER_HOST: relay.host } : {};
    const before = relay.bytes();
    const client = way === 'by the command line of Docker' ? engine.docker : engine.tug;
    expect(await client(['cp', '-q', source, `box:${into}`], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await client(['cp', '-q', `box:${into}`, back], { env })).toMatchObject({ code: 0, stderr: '' });
    expectCopied(back);
    const passed = relay.bytes() - before;
    if (way === 'through a relay') expect(passed).toBeGreaterThan(6 * megabyte);
    else expect(passed).toBe(0);
  });
}

test('what was copied is counted alike whichever way it goes', async () => {
  const said = async (env: Record<string, string>) => {
    const copied = await engine.tug(['cp', '-q=false', join(source, 'below/large'), 'box:/counted'], { env });
    const back = await engine.tug(['cp', '-q=false', 'box:/counted', join(engine.directory, 'counted')], { env });
    return [copied.stderr, back.stderr];
  };
  const direct = await said({});
  expect(direct[0]).toContain('Successfully copied 3.15MB to box:/counted');
  expect(await said({ DOCKER_HOST: relay.host })).toEqual(direct);
});

test('a full disk is told in the same words', async () => {
  await engine.tug(['cp', join(source, 'below/large'), 'box:/full']);
  const target = join(engine.directory, 'full');
  mkdirSync(target);
  const copy = (host: string) => {
    const script = `mount -t tmpfs -o size=2m tmpfs ${target} && exec "$0" cp -q box:/full ${target}`;
    const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
    const command = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, program];
    return run(command, { env: { DOCKER_HOST: host } });
  };
  const direct = await copy(engine.host);
  expect(direct.code).toBe(1);
  expect(direct.stderr).toContain('no space left on device');
  expect((await copy(relay.host)).stderr).toBe(direct.stderr);
});

const given = (fd: number, inode = fstatSync(fd).ino) => `${fd}:${fstatSync(fd).dev}:${inode}`;

async function put(elsewhere: string): Promise<{ status: number; text: string }> {
  const plain = { uid: 0, gid: 0, linkName: '', device: [0, 0] as [number, number], size: 0 };
  const times = { modified: { seconds: 0, nanoseconds: 0 } };
  const head = encodeTarHead({ ...plain, ...times, name: 'given', type: '0', mode: 0o600, elsewhere });
  const body = Buffer.concat([head, tarEnd]);
  const url = 'http://tug/tug/containers/box/archive?path=/';
  const response = await fetch(url, { unix: engine.socket, method: 'PUT', body });
  return { status: response.status, text: await response.text() };
}

test.if(namesPeers)('only an open file of the client itself is taken, and only for what it is open for', async () => {
  const path = join(engine.directory, 'mine');
  writeFileSync(path, 'what is mine');
  const [reading, writing, standing] = [constants.O_RDONLY, constants.O_WRONLY, O_PATH].map((flags) =>
    openSync(path, flags),
  ) as [number, number, number];
  try {
    expect((await put(given(standing))).text).toContain('the given file is not for reading');
    expect((await put(given(reading))).status).toBe(200);
    const out = await engine.tug(['cp', 'box:/given', '-']);
    expect(out.stdout).toContain('what is mine');
    expect((await put(given(writing))).text).toContain('the given file is not for reading');
    expect((await put(given(reading, 1))).status).toBe(500);
    expect((await put('999999:1:1')).status).toBe(500);
    expect((await put('/etc/passwd')).status).toBe(500);
  } finally {
    for (const fd of [reading, writing, standing]) closeSync(fd);
  }
});

test('an archive of anybody else means nothing by naming a file', async () => {
  const path = join(engine.directory, 'secret');
  writeFileSync(path, 'secret');
  const fd = openSync(path, 'r');
  try {
    const plain = { uid: 0, gid: 0, linkName: '', device: [0, 0] as [number, number], size: 0 };
    const times = { modified: { seconds: 0, nanoseconds: 0 } };
    const head = encodeTarHead({ ...plain, ...times, name: 'none', type: '0', mode: 0o600, elsewhere: given(fd) });
    const url = 'http://tug/containers/box/archive?path=/';
    const body = Buffer.concat([head, tarEnd]);
    expect((await fetch(url, { unix: engine.socket, method: 'PUT', body })).status).toBe(200);
    expect((await engine.tug(['cp', 'box:/none', '-'])).stdout).not.toContain('secret');
  } finally {
    closeSync(fd);
  }
});
