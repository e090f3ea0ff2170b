import { expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { silent } from '../kit/index.ts';
import { createServer } from './server.ts';
import { dial } from './testing/raw.ts';
import { directory, path, rooms, server, useServer } from './testing/served.ts';

useServer();

const call = (method: string, target: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`http://d${target}`, {
    unix: path,
    method,
    headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

const messageOf = async (answer: Response) => ((await answer.json()) as { message: string }).message;

const upgrade = 'Host: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n';
const attachHead =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: d\r\n\r\n`;
const framed = (text: string) => `\x01\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;

test('ping says what clients negotiate with, HEAD without a body', async () => {
  const answer = await call('GET', '/_ping');
  expect(await answer.text()).toBe('OK');
  const fields = { 'api-version': '1.51', 'builder-version': '1', swarm: 'inactive', ostype: 'linux' };
  for (const [name, value] of Object.entries(fields)) expect(answer.headers.get(name)).toBe(value);
  const client = await dial(path);
  client.send('HEAD /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n');
  expect(await client.closed()).toMatch(/Content-Length: 0\r\n(.*\r\n)*\r\n$/);
});

test('versions from 1.24 to 1.51 and none are spoken, others refused in Docker’s words', async () => {
  for (const prefix of ['', '/v1.24', '/v1.51']) expect((await call('GET', `${prefix}/version`)).status).toBe(200);
  const tooNew = await call('GET', '/v1.99/info');
  expect(tooNew.status).toBe(400);
  expect(await tooNew.json()).toEqual({
    message: 'client version 1.99 is too new. Maximum supported API version is 1.51',
  });
  const tooOld = await call('GET', '/v1.12/info');
  expect(await tooOld.text()).toBe(
    'client version 1.12 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n',
  );
});

test('what is not there is said as Docker says it', async () => {
  for (const [method, target] of [
    ['GET', '/nosuch'],
    ['PUT', '/containers/json'],
    ['GET', '/v1.51/'],
  ] as const) {
    const answer = await call(method, target);
    expect([answer.status, await answer.text()]).toEqual([404, '{"message":"page not found"}\n']);
  }
  const swarm = await call('GET', '/swarm');
  expect(swarm.status).toBe(503);
  expect(await messageOf(swarm)).toStartWith('This node is not a swarm manager.');
  expect((await call('POST', '/containers/box/stop')).status).toBe(304);
});

test('paths are cleaned by a redirect, as Go’s router does', async () => {
  const client = await dial(path);
  client.send('GET /v1.51//info?a=b HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n');
  expect(await client.closed()).toMatch(
    /^HTTP\/1.1 301 Moved Permanently\r\n(.*\r\n)*Location: \/v1.51\/info\?a=b\r\n/,
  );
});

test('a container is created from a body in any spelling, with name and platform from the query', async () => {
  const answer = await call(
    'POST',
    '/v1.51/containers/create?name=n&platform=linux/amd64',
    '{"iMage":"box","Cmd":"a b"}',
  );
  expect(answer.status).toBe(201);
  const body = { Image: 'box', Cmd: ['a b'], HostConfig: { NetworkMode: 'bridge' } };
  expect(rooms.calls).toEqual([['create', { name: 'n', platform: 'linux/amd64', body, readOnlyNonRecursive: false }]]);
});

test('bad bodies and queries are refused before anything is called', async () => {
  const bodies: [body: string, message: string][] = [
    ['{"Tty":"yes"}', 'invalid JSON: json: cannot unmarshal string into Go struct field .Tty of type bool'],
    ['{"Image":"x",}', "invalid JSON: invalid character '}' looking for beginning of object key string"],
    ['', 'invalid JSON: got EOF while reading request body'],
    ['{}', 'config cannot be empty in order to create a container'],
    ['{"Image":"x"}{}', 'unexpected content after JSON'],
  ];
  for (const [body, message] of bodies) {
    const answer = await call('POST', '/containers/create', body);
    expect([answer.status, await answer.json()]).toEqual([400, { message }]);
  }
  const typed = await call('POST', '/containers/create', '{}', { 'Content-Type': 'text/plain' });
  expect(await messageOf(typed)).toBe("unsupported Content-Type header (text/plain): must be 'application/json'");
  expect((await call('GET', '/containers/json?limit=x')).status).toBe(500);
  expect(rooms.calls).toEqual([]);
});

test('a body without end is refused', async () => {
  const answer = await call('POST', '/containers/create', `{"Image":"${'x'.repeat(17 * 1024 * 1024)}"}`);
  expect([answer.status, await messageOf(answer)]).toEqual([400, 'invalid JSON: http: request body too large']);
});

test('attach by upgrade: early bytes, echo, half-close, then the server closes', async () => {
  const client = await dial(path);
  client.send(`POST /v1.51/containers/box/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n${upgrade}\r\nearly`);
  expect(await client.until('early')).toBe(attachHead + framed('early'));
  client.send('later');
  await client.until('later');
  client.end();
  expect(await client.closed()).toBe(attachHead + framed('early') + framed('later') + framed('bye'));
  expect(rooms.calls).toEqual([
    ['attach', 'box', { stdin: true, stdout: true, stderr: false, stream: true, logs: false }],
  ]);
});

test('attach without upgrade is a 200 with a raw stream; before 1.42 the type is raw anyway', async () => {
  const plain = await dial(path);
  plain.send('POST /v1.51/containers/box/attach?stream=1 HTTP/1.1\r\nHost: d\r\n\r\nx');
  plain.end();
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n';
  expect(await plain.closed()).toBe(head + framed('x') + framed('bye'));
  const old = await dial(path);
  old.send(`POST /v1.41/containers/box/attach?stream=1 HTTP/1.1\r\n${upgrade}\r\n`);
  expect(await old.until('\r\n\r\n')).toContain('101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n');
  old.socket.destroy();
});

test('a failed attach is told in plain text', async () => {
  const client = await dial(path);
  client.send(`POST /containers/gone/attach?stream=1 HTTP/1.1\r\n${upgrade}\r\n`);
  expect(await client.closed()).toBe(
    'HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nNo such container: gone\r\n',
  );
});

test('a hijack may come as a later request of a connection, even pipelined and with its input already there', async () => {
  const client = await dial(path);
  client.send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('OK');
  client.send('GET /version HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('"Version"');
  const body = '{"Tty":false}';
  client.send(
    'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n' +
      `POST /exec/e1/start HTTP/1.1\r\n${upgrade}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}input`,
  );
  client.end();
  const all = await client.closed();
  expect(all.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(3);
  expect(all).toEndWith(`\r\n\r\n${framed('input')}${framed('bye')}`);
});

test('a body that comes with a request to attach is no input', async () => {
  const client = await dial(path);
  const head = `POST /containers/box/attach?stream=1&stdin=1 HTTP/1.1\r\n${upgrade}Content-Length: 4\r\n\r\n`;
  client.send(`${head}bo`);
  await client.until('101 UPGRADED');
  client.send('dyinput');
  client.end();
  expect(await client.closed()).toEndWith(`\r\n\r\n${framed('input')}${framed('bye')}`);
});

test('pipelined requests are answered in their order', async () => {
  const client = await dial(path);
  client.send(`${get('/nosuch')}${get('/_ping')}${get('/volumes/v')}GET /_ping HTTP/1.0\r\n\r\n`);
  const all = await client.closed();
  expect([...all.matchAll(/HTTP\/1\.[01] (\d+)/g)].map((found) => found[1])).toEqual(['404', '200', '404', '200']);
});

test('a command that cannot be executed is told as output; detached, as an error', async () => {
  const client = await dial(path);
  client.send(`POST /v1.51/exec/bad/start HTTP/1.1\r\n${upgrade}\r\n`);
  expect(await client.closed()).toEndWith(framed('exec: "nosuch": executable file not found in $PATH\r\n'));
  expect((await call('POST', '/exec/bad/start', { Detach: true })).status).toBe(400);
  expect((await call('POST', '/exec/none/start', {})).status).toBe(404);
  expect((await call('POST', '/exec/e1/start', { Detach: true })).status).toBe(200);
});

test('wait sends its head before the container has ended', async () => {
  const client = await dial(path);
  client.send('POST /v1.51/containers/box/wait?condition=next-exit HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n');
  expect(await client.until('\r\n\r\n')).toContain('Transfer-Encoding: chunked');
  rooms.exit(3);
  expect(await client.closed()).toContain('{"StatusCode":3}');
  expect(rooms.calls).toEqual([['wait', 'box', 'next-exit']]);
});

test('a client that has sent all it had to say is answered all the same', async () => {
  for (const [target, status] of [
    ['/nosuch', 404],
    ['/containers/gone/json', 404],
    ['/version', 200],
  ] as const) {
    const client = await dial(path);
    client.send(get(target));
    client.end();
    expect(await client.closed()).toStartWith(`HTTP/1.1 ${status} `);
  }
});

test('a client that leaves ends its wait and its log', async () => {
  const client = await dial(path);
  client.send('POST /containers/box/wait HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('\r\n\r\n');
  client.socket.destroy();
  const left = await dial(path);
  left.send('GET /containers/box/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: d\r\n\r\n');
  await left.until('out');
  left.end();
  await left.closed();
  expect(rooms.calls.map(([name]) => name)).toContain('wait abandoned');
});

test('logs are asked for as the query says', async () => {
  const answer = await call('GET', '/v1.51/containers/box/logs?stdout=1&stderr=true&timestamps=1&tail=5&since=1.5');
  expect(answer.headers.get('content-type')).toBe('application/vnd.docker.multiplexed-stream');
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(bytes.toString('latin1')).toBe('\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n');
  const query = { stdout: true, stderr: true, follow: false, timestamps: true, details: false };
  expect(rooms.calls[0]?.[2]).toEqual({ ...query, tail: 5, since: 1_500_000_000n });
});

test('archives stream in; an error after the first message is a message', async () => {
  const big = await call('POST', '/images/load', 'x'.repeat(1_000_000), { 'Content-Type': 'application/x-tar' });
  expect(await big.text()).toBe('{"stream":"Loaded 1000000\\n"}\r\n');
  const broken = await call('POST', '/images/load', 'bad', { 'Content-Type': 'application/x-tar' });
  expect(broken.status).toBe(200);
  expect(await broken.text()).toEndWith('{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\r\n');
  expect((await call('POST', '/images/create?fromSrc=-&repo=UPPER', 'x')).status).toBe(400);
  const pull = await call('POST', '/images/create?fromImage=nosuch&tag=latest');
  expect([pull.status, await messageOf(pull)]).toEqual([404, 'manifest for nosuch:latest not found']);
  const pulled = await call('POST', '/images/create?fromImage=some&tag=1');
  expect(await pulled.text()).toBe('{"status":"Status: Image is up to date for some:1"}\r\n');
});

test('events are filtered, and carry the fields of old', async () => {
  const filters = encodeURIComponent('{"container":{"box":true},"event":{"start":true}}');
  const client = await dial(path);
  client.send(`GET /events?filters=${filters} HTTP/1.1\r\nHost: d\r\n\r\n`);
  await client.until('\r\n\r\n');
  for (const [Action, name] of [
    ['start', 'other'],
    ['die', 'box'],
    ['start', 'box'],
  ] as const) {
    rooms.emit({ Type: 'container', Action, Actor: { ID: 'c', Attributes: { name, image: 'i' } }, timeNano: 5 });
  }
  const all = await client.until('"box"');
  expect(all).toContain('{"status":"start","id":"c","from":"i","Type":"container","Action":"start"');
  expect(all).not.toContain('other');
  expect(all).not.toContain('die');
  client.socket.destroy();
});

const emit = (Action: string, timeNano: number) =>
  rooms.emit({ Type: 'container', Action, Actor: { ID: 'c', Attributes: {} }, timeNano });

test('events of before are told again, from a time on, until a time', async () => {
  emit('one', 1e9);
  emit('two', 2e9);
  emit('three', 3e9);
  const text = await (await call('GET', '/events?since=2&until=2.5')).text();
  expect(text).toBe(
    '{"status":"two","id":"c","Type":"container","Action":"two","Actor":{"ID":"c","Attributes":{}},"timeNano":2000000000}\n',
  );
  expect(await (await call('GET', '/events?until=2.5')).text()).toBe('');
  const client = await dial(path);
  client.send('GET /events?since=2 HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('"three"');
  emit('four', 4e9);
  const all = await client.until('"four"');
  expect(all.match(/"Action":"\w+"/g)).toEqual(['"Action":"two"', '"Action":"three"', '"Action":"four"']);
  client.socket.destroy();
});

test('a client that reads no events is cut off, and keeps nobody waiting', async () => {
  const client = await dial(path);
  client.send('GET /events HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('\r\n\r\n');
  client.socket.pause();
  const closed = new Promise((resolve) => client.socket.once('end', resolve));
  const before = rooms.backends.system.events.listeners();
  const Attributes = { padding: 'x'.repeat(100_000) };
  for (let count = 0; count < 150; count++) {
    rooms.emit({ Type: 'container', Action: 'die', Actor: { ID: 'c', Attributes }, timeNano: count });
    await new Promise(setImmediate);
  }
  for (let tries = 0; tries < 400 && rooms.backends.system.events.listeners() === before; tries++) await Bun.sleep(5);
  expect([before, rooms.backends.system.events.listeners()]).toEqual([1, 0]);
  client.socket.resume();
  await closed;
});

test('malformed requests are refused and the connection closed', async () => {
  const bad: [request: string, status: string][] = [
    ['garbage\r\n\r\n', '400 Bad Request'],
    ['GET /_ping HTTP/1.1\r\n\r\n', '400 Bad Request: missing required Host header'],
    ['GET /_ping HTTP/2.0\r\nHost: d\r\n\r\n', '505'],
    ['GET /_ping HTTP/1.1\r\nHost: d\r\nX Y: 1\r\n\r\n', '400 Bad Request: invalid header name'],
    ['GET /_ping HTTP/1.1\r\nHost: d\r\n folded: 1\r\n\r\n', '400 Bad Request'],
    ['POST /a HTTP/1.1\r\nHost: d\r\nContent-Length: x\r\n\r\n', '400 Bad Request'],
    ['POST /a HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400 Bad Request'],
    ['POST /a HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400 Bad Request'],
    ['POST /a HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip\r\n\r\n', '501'],
    [`GET / HTTP/1.1\r\nHost: d\r\nX: ${'a'.repeat(1_100_000)}\r\n\r\n`, '431'],
  ];
  for (const [request, status] of bad) {
    const client = await dial(path);
    client.send(request);
    expect(await client.closed()).toStartWith(`HTTP/1.1 ${status}`);
  }
});

test('100-continue is answered when the body is wanted', async () => {
  const client = await dial(path);
  const head = 'POST /images/load HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 4\r\n';
  client.send(`${head}Connection: close\r\n\r\n`);
  expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  client.send('abcd');
  expect(await client.closed()).toContain('Loaded 4');
});

test('the socket has its mode, is taken over from a dead engine and never from a living one', async () => {
  expect(statSync(path).mode & 0o777).toBe(0o660);
  const second = createServer({ backends: rooms.backends, log: silent });
  await expect(second.listen({ path, mode: 0o600 })).rejects.toThrow('another engine answers');
  const stale = join(directory, 'stale.sock');
  await Bun.spawn([
    'bun',
    '-e',
    `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]).exited;
  expect(statSync(stale).isSocket()).toBe(true);
  await second.listen({ path: stale, mode: 0o600 });
  expect(statSync(stale).mode & 0o777).toBe(0o600);
  await second.close();
  expect(() => statSync(stale)).toThrow();
});

test('a path of 150 bytes is reached', async () => {
  const long = join(directory, 'd'.repeat(100), `${'s'.repeat(50)}.sock`);
  await Bun.write(join(directory, 'd'.repeat(100), 'x'), '');
  const second = createServer({ backends: rooms.backends, log: silent });
  await second.listen({ path: long, mode: 0o660 });
  expect(statSync(long).isSocket()).toBe(true);
  await second.close();
});

test('close lets go of idle connections and of the listener', async () => {
  const client = await dial(path);
  client.send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until('OK');
  await server.close();
  await client.closed();
  const probe = createNetServer();
  await new Promise<void>((resolve) => probe.listen(path, resolve));
  probe.close();
});

const docker = Bun.which('docker');

async function cli(args: string[], input = ''): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn(['timeout', '-k', '1', '10', docker ?? '', ...args], {
    env: { ...process.env, DOCKER_HOST: `unix://${path}`, HOME: directory },
    stdin: Buffer.from(input),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

test.skipIf(docker === null)('Docker’s own command line is content', async () => {
  expect((await cli(['version', '--format', '{{.Server.Version}}'])).out).toBe('0.0.0\n');
  expect((await cli(['ps', '--format', '{{.Names}}'])).out).toBe('box\n');
  rooms.exit(7);
  expect(await cli(['run', '-i', 'box', 'cat'], 'hello')).toEqual({ out: 'hellobye', err: '', code: 7 });
  expect(await cli(['logs', 'box'])).toEqual({ out: 'out\n', err: 'err\n', code: 0 });
  expect((await cli(['exec', '-i', 'box', 'cat'], 'in')).out).toBe('inbye');
  const missing = await cli(['run', 'nosuch']);
  expect([missing.code, missing.err]).toEqual([125, expect.stringContaining('manifest for nosuch:latest not found')]);
});

test('a form in the body is as good as a query, and is no JSON', async () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  expect((await call('POST', '/containers/box/stop', 't=5', form)).status).toBe(304);
  expect(rooms.calls).toEqual([['stop', 'box', { timeout: 5 }]]);
  expect((await call('POST', '/auth', '{"username":"ann"}', form)).status).toBe(200);
  expect(await messageOf(await call('POST', '/containers/create', '{}', form))).toContain('unsupported Content-Type');
});

test('an engine without a cluster, plugins and a build daemon says so, after what is wrong with the request', async () => {
  const answers: [method: string, path: string, body: string | undefined, status: number][] = [
    ['GET', '/nodes', undefined, 503],
    ['GET', '/nodes?filters=x', undefined, 400],
    ['POST', '/swarm/init', '{"ListenAddr":""}', 400],
    ['POST', '/swarm/init', '{"ListenAddr":"0.0.0.0"}', 501],
    ['POST', '/services/x/update?version=y', '{}', 400],
    ['POST', '/services/x/update?version=1', '{}', 503],
    ['GET', '/plugins', undefined, 200],
    ['GET', '/plugins/x/json', undefined, 404],
    ['POST', '/plugins/pull', '[]', 501],
    ['POST', '/session', undefined, 400],
    ['GET', '/system/df?type=foo', undefined, 400],
    ['GET', '/system/df', undefined, 200],
    ['POST', '/auth', '{"username":"bob"}', 401],
  ];
  for (const [method, path, body, status] of answers) {
    expect([method, path, (await call(method, path, body)).status]).toEqual([method, path, status]);
  }
});

test('an unknown path names no version; OPTIONS is answered everywhere', async () => {
  expect((await call('GET', '/nosuch')).headers.get('api-version')).toBeNull();
  const options = await call('OPTIONS', '/nosuch');
  expect([options.status, options.headers.get('api-version')]).toEqual([200, '1.51']);
  expect((await call('OPTIONS', '/v1.99/info')).status).toBe(400);
});
