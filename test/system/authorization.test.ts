// Authorization plugins: programs that are asked before a request is carried out, and before its answer goes out.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dial } from '../../src/server/testing/raw.ts';
import { run as runProgram } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

interface Asked {
  path: string;
  RequestMethod: string;
  RequestUri: string;
  RequestBody?: string;
  RequestHeaders: Record<string, string>;
  ResponseStatusCode?: number;
  ResponseBody?: string;
}

let engine: Engine;
let plugin: Server;
const places = mkdtempSync(join(tmpdir(), 'tug-authz-'));
let asked: Asked[] = [];
/** What the plugin answers; an Error breaks the connection off. */
let judge: (question: Asked) => object | Error = () => ({ Allow: true });

const decoded = (text = '') => Buffer.from(text, 'base64').toString();

beforeAll(async () => {
  mkdirSync(join(places, 'plugins'));
  plugin = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const path = request.url ?? '';
    if (path === '/Plugin.Activate') return response.end('{"Implements":["authz"]}');
    const question = { ...JSON.parse(Buffer.concat(pieces).toString()), path } as Asked;
    asked.push(question);
    const answer = judge(question);
    return answer instanceof Error ? request.socket.destroy() : response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => plugin.listen(join(places, 'plugins/judge.sock'), resolve));
  // Named twice it is asked once.
  const args = ['--authorization-plugin=judge', '--authorization-plugin=judge'];
  engine = await startEngine({ args, execRoot: places });
  await engine.withBusybox();
});

afterAll(async () => {
  judge = () => ({ Allow: true });
  const left = await engine.dispose();
  await new Promise((resolve) => plugin.close(resolve));
  rmSync(places, { recursive: true, force: true });
  expect(left).toEqual([]);
}, 180_000);

beforeEach(() => {
  asked = [];
  judge = () => ({ Allow: true });
});

/** Nobody may make privileged containers. */
const noPrivileges = ({ path, RequestUri, RequestBody }: Asked) => {
  const creates = path === '/AuthZPlugin.AuthZReq' && /\/containers\/create/.test(RequestUri);
  return creates && /"Privileged":\s*true/.test(decoded(RequestBody))
    ? { Allow: false, Msg: 'no privileges' }
    : { Allow: true };
};
const privileged = { Image: 'busybox', Cmd: ['true'], HostConfig: { Privileged: true } };
const containers = async () => ((await engine.request('GET', '/containers/json?all=1')).json() as unknown[]).length;

test('what is asked, of a request and of its answer', async () => {
  await fetch('http://tug/v1.44/containers/create?name=seen', {
    unix: engine.socket,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Registry-Auth': 'secret', 'User-Agent': 'test' },
    body: '{"Image":"nosuch"}',
  });
  const [request, answer] = asked;
  expect(request).toMatchObject({
    path: '/AuthZPlugin.AuthZReq',
    RequestMethod: 'POST',
    RequestUri: '/v1.44/containers/create?name=seen',
    RequestHeaders: { 'User-Agent': 'test', 'Content-Type': 'application/json' },
  });
  expect(decoded(request?.RequestBody)).toBe('{"Image":"nosuch"}');
  expect(request?.RequestHeaders).not.toHaveProperty('X-Registry-Auth');
  expect(answer).toMatchObject({ path: '/AuthZPlugin.AuthZRes', ResponseStatusCode: 404 });
  expect(decoded(answer?.ResponseBody)).toContain('No such image: nosuch');
  expect(await engine.tug(['info', '-f', '{{.Plugins.Authorization}}'])).toMatchObject({ stdout: '[judge judge]\n' });
});

test('a refusal is 403 in Docker’s words, and nothing happens; others go on, streams and hijacks too', async () => {
  judge = noPrivileges;
  const before = await containers();
  const refused = await engine.request('POST', '/containers/create', privileged);
  expect([refused.status, refused.json()]).toEqual([
    403,
    { message: 'authorization denied by plugin judge: no privileges' },
  ]);
  const run = await engine.tug(['run', '--rm', '--privileged', 'busybox', 'true']);
  expect(run.stderr).toContain('authorization denied by plugin judge: no privileges');
  expect(await containers()).toBe(before);
  expect((await engine.tug(['run', '--rm', '-i', 'busybox', 'cat'], { stdin: 'in and out' })).stdout).toBe(
    'in and out',
  );
  await engine.tug(['run', '-d', '--name', 'lives', 'busybox', 'sleep', '1000']);
  expect((await engine.tug(['exec', 'lives', 'echo', 'hello'])).stdout).toBe('hello\n');
  const [large, back] = [join(engine.directory, 'large'), join(engine.directory, 'large-back')];
  writeFileSync(large, Buffer.alloc(2 << 20, 'large'));
  expect((await engine.tug(['cp', large, 'lives:/large'])).code).toBe(0);
  expect((await engine.tug(['cp', 'lives:/large', back])).code).toBe(0);
  expect(readFileSync(back).equals(readFileSync(large))).toBe(true);
  expect((await engine.tug(['inspect', ...Array.from({ length: 5 }, () => 'lives')])).code).toBe(0);
  await engine.tug(['rm', '-f', 'lives']);
  // tug's own short cuts are not there while somebody judges Docker's requests.
  expect(asked.map(({ RequestUri }) => RequestUri).filter((uri) => uri.includes('/tug/'))).toEqual([]);
});

test('an answer that is refused does not go out', async () => {
  judge = ({ path }) => (path === '/AuthZPlugin.AuthZRes' ? { Allow: false, Msg: 'secret' } : { Allow: true });
  for (const path of ['/info', '/events?until=1', '/images/busybox/get']) {
    const { status, text } = await engine.request('GET', path);
    expect([path, status, text]).toEqual([path, 403, '{"message":"authorization denied by plugin judge: secret"}\n']);
  }
});

test('a body that is large, in pieces, of another type or oddly addressed is seen or refused, never carried out unseen', async () => {
  judge = noPrivileges;
  const before = await containers();
  const body = JSON.stringify(privileged);
  const padded = `${' '.repeat(2 << 20)}${body}`;
  const send = (init: RequestInit, path = '/containers/create') =>
    fetch(`http://tug${path}`, { unix: engine.socket, method: 'POST', ...init } as RequestInit);
  const json = { 'Content-Type': 'application/json' };
  const odd: [string, () => Promise<Response>][] = [
    ['large', () => send({ headers: json, body: padded })],
    ['type', () => send({ headers: { 'Content-Type': 'application/json; a="b' }, body })],
    ['type in capitals', () => send({ headers: { 'Content-Type': 'APPLICATION/JSON' }, body })],
    ['escape', () => send({ headers: json, body }, '/%63ontainers/%63reate')],
    ['version', () => send({ headers: json, body }, '/v1.30/containers/create')],
    ['direct', () => send({ headers: json, body }, '/tug/run?stdout=1')],
  ];
  for (const [what, ask] of odd) {
    const { status } = await ask();
    expect([what, [403, 404].includes(status)]).toEqual([what, true]);
  }
  for (const bytes of [body, padded]) {
    const client = await dial(engine.socket);
    client.send(`POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n`);
    client.send(`Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`);
    expect(await client.until('authorization denied')).toMatch(/^HTTP\/1.1 403 /);
    client.socket.destroy();
  }
  expect(await containers()).toBe(before);
  // The weakened one: a plugin that is shown nothing, as it was with large bodies, finds nothing wrong.
  judge = (question) => noPrivileges({ ...question, RequestBody: '' });
  const { status, json: made } = await engine.request('POST', '/containers/create', privileged);
  expect(status).toBe(201);
  await engine.request('DELETE', `/containers/${(made() as { Id: string }).Id}`);
});

test('uploads are not held in memory, and are asked for by their address', async () => {
  await engine.tug(['create', '--name', 'target', 'busybox']);
  const tar = Buffer.alloc(4 << 20);
  const response = await fetch('http://tug/containers/target/archive?path=/', {
    unix: engine.socket,
    method: 'PUT',
    headers: { 'Content-Type': 'application/x-tar' },
    body: tar,
  });
  expect(response.status).toBe(200);
  expect(asked.find(({ RequestMethod }) => RequestMethod === 'PUT')).not.toHaveProperty('RequestBody');
  await engine.tug(['rm', 'target']);
});

test.each([
  ['breaks off', () => new Error('off')],
  ['says nothing', () => ({})],
  ['says something else', () => ({ Allow: 'true' })],
  ['fails', () => ({ Allow: true, Err: 'I am ill' })],
] as [string, () => object | Error][])('nothing is done when the plugin %s', async (_, answer) => {
  judge = answer;
  const { status } = await engine.request('POST', '/containers/create', { Image: 'busybox' });
  expect([403, 500]).toContain(status);
  judge = () => ({ Allow: true });
  expect(await containers()).toBe(0);
});

test('an engine whose plugin is not there does not start', async () => {
  const at = (name: string) => join(places, 'second', name);
  const { code, stderr } = await runProgram([
    process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug'),
    'daemon',
    `--data-root=${at('data')}`,
    `--exec-root=${at('exec')}`,
    `--pidfile=${at('pid')}`,
    `--host=unix://${at('sock')}`,
    '--authorization-plugin=nosuch',
  ]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('error validating authorization plugin: plugin "nosuch" not found'),
  ]);
});

test('a client that leaves in the middle of its body leaves nothing behind', async () => {
  const socket = connect(engine.socket);
  socket.write('POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\n{"Image"');
  socket.end();
  await new Promise((resolve) => socket.on('close', resolve).resume());
  expect(asked.filter(({ RequestMethod }) => RequestMethod === 'POST')).toEqual([]);
});
