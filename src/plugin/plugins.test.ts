import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../kit/index.ts';
import type { Places } from './discover.ts';
import { createPlugins } from './plugins.ts';

interface Seen {
  path: string;
  accept: string | undefined;
  host: string | undefined;
  body: string;
}

let directory: string;
let places: Places;
let seen: Seen[];
let said: string[];
const servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-plugins-'));
  places = { sockets: [join(directory, 'run'), join(directory, 'none')], specs: [join(directory, 'etc')] };
  for (const name of ['run', 'etc']) mkdirSync(join(directory, name));
  seen = [];
  said = [];
});

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

const open = () => createPlugins({ places, log: createLog({ level: () => 'warn', write: (line) => said.push(line) }) });

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A program that answers each method as it is told, and Plugin.Activate with VolumeDriver. */
async function plugin(where: string | number, answers: Record<string, [number, string]> = {}): Promise<number> {
  const all: Record<string, [number, string]> = {
    '/Plugin.Activate': [200, '{"Implements":["VolumeDriver"]}'],
    ...answers,
  };
  const server = createServer(async (request, response) => {
    const { host, accept } = request.headers;
    seen.push({ path: request.url ?? '', host, accept, body: await textOf(request) });
    const [status, text] = all[request.url ?? ''] ?? [404, 'page not found'];
    response.writeHead(status).end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(where, resolve as () => void));
  return typeof where === 'number' ? (server.address() as AddressInfo).port : 0;
}

test('a socket is found, activated once, and spoken to as Docker does', async () => {
  await plugin(join(directory, 'run/one.sock'), { '/VolumeDriver.List': [200, '{"Volumes":[{"Name":"a"}]}'] });
  const plugins = open();
  const one = await plugins.find('one', 'VolumeDriver');
  expect(await one.call('VolumeDriver.List', {})).toEqual({ Volumes: [{ Name: 'a' }] });
  await plugins.find('one', 'VolumeDriver');
  const accept = 'application/vnd.docker.plugins.v1.2+json';
  const host = 'plugin.moby.localhost';
  expect(seen).toEqual([
    { path: '/Plugin.Activate', host, accept, body: '' },
    { path: '/VolumeDriver.List', host, accept, body: '{}\n' },
  ]);
  expect([plugins.met('VolumeDriver'), plugins.met('authz')]).toEqual([['one'], []]);
});

test('files name an address; a directory of the plugin’s name will do; sockets come first', async () => {
  const port = await plugin(0);
  writeFileSync(join(directory, 'etc/two.spec'), `tcp://127.0.0.1:${port}\n`);
  mkdirSync(join(directory, 'etc/three'));
  writeFileSync(join(directory, 'etc/three/three.json'), JSON.stringify({ Addr: `tcp://127.0.0.1:${port}` }));
  await plugin(join(directory, 'run/four.sock'));
  writeFileSync(join(directory, 'etc/four.spec'), 'tcp://127.0.0.1:1');
  const plugins = open();
  expect((await plugins.all('VolumeDriver')).map(({ name }) => name).toSorted()).toEqual(['four', 'three', 'two']);
  expect(await plugins.all('authz')).toEqual([]);
  expect(seen.filter(({ path }) => path === '/Plugin.Activate')).toHaveLength(3);
});

test('what it refuses is in its words, with the method where the status says so', async () => {
  await plugin(join(directory, 'run/one.sock'), {
    '/A': [200, '{"Err":"I will not"}'],
    '/B': [500, '{"Err":"I will not"}'],
    '/C': [500, 'no json\n'],
    '/D': [200, '[]'],
  });
  const one = await open().find('one', 'VolumeDriver');
  const words = async (method: string) => (await one.call(method, {}).catch((error: Error) => error)) as Error;
  expect((await Promise.all(['A', 'B', 'C', 'D', 'E'].map(words))).map(({ message }) => message)).toEqual([
    'I will not',
    'B: I will not',
    'C: no json',
    'D: the answer is not a JSON object',
    'E: page not found',
  ]);
});

test('one that comes up late is waited for; one that never does is told, and left out of a list at once', async () => {
  const path = join(directory, 'run/late.sock');
  await plugin(join(directory, 'run/one.sock'));
  // A socket whose program is gone.
  writeFileSync(join(directory, 'etc/late.spec'), `unix://${path}`);
  const plugins = open();
  expect((await plugins.all('VolumeDriver')).map(({ name }) => name)).toEqual(['one']);
  expect(said.join()).toContain('a plugin cannot be activated');
  const found = plugins.find('late', 'VolumeDriver');
  await plugin(path);
  expect((await found).name).toBe('late');
});

test.each(['nosuch', '../run/one', 'one.sock/', ''])('%o is no plugin', async (name) => {
  await plugin(join(directory, 'run/one.sock'));
  const failure = open().find(name, 'VolumeDriver');
  await expect(failure).rejects.toMatchObject({
    kind: 'notFound',
    message: `plugin ${JSON.stringify(name)} not found`,
  });
});

test('one of another kind is not taken for it, and a file without an address is told', async () => {
  await plugin(join(directory, 'run/one.sock'));
  writeFileSync(join(directory, 'etc/odd.spec'), 'nowhere');
  writeFileSync(join(directory, 'etc/broken.json'), '{');
  const plugins = open();
  await expect(plugins.find('one', 'authz')).rejects.toMatchObject({ kind: 'notFound' });
  await expect(plugins.find('odd', 'authz')).rejects.toThrow('Unknown protocol');
  await expect(plugins.find('broken', 'authz')).rejects.toThrow('broken.json');
});
