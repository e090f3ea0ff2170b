import { afterAll, afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, type Client, ConnectError, createClient, parseHost, UpgradeError } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'client-'));
let server: Server | undefined;
let client: Client | undefined;
let serial = 0;

/** A server that answers each request (its head and what came with it) as told. */
async function serve(answer: (request: string, socket: Socket) => string | undefined): Promise<Client> {
  const path = join(directory, `${serial++}.sock`);
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => {
      const text = answer(bytes.toString(), socket);
      if (text !== undefined) socket.write(text);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  client = createClient({ host: `unix://${path}` });
  return client;
}

afterEach(() => {
  client?.close();
  server?.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const reply = (status: string, body: string) => `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('a JSON answer, asked for with the version and the query', async () => {
  const asked: string[] = [];
  const engine = await serve((request) => {
    asked.push(request.split('\r\n')[0] ?? '');
    return reply('200 OK', '{"a":1}');
  });
  const query = { all: true, none: undefined, empty: '', list: ['x', 'y z'], filters: { name: { a: true } } };
  expect(await engine.json<unknown>({ method: 'GET', path: '/x', query })).toEqual({ a: 1 });
  expect(asked).toEqual([
    'GET /v1.51/x?all=1&list=x&list=y%20z&filters=%7B%22name%22%3A%7B%22a%22%3Atrue%7D%7D HTTP/1.1',
  ]);
});

test('a body in chunks, split at every byte', async () => {
  const engine = await serve((_, socket) => {
    const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n';
    void (async () => {
      for (const letter of whole) {
        socket.write(letter);
        await Bun.sleep(0);
      }
    })();
    return undefined;
  });
  expect(await (await engine.request({ method: 'GET', path: '/x' })).text()).toBe('abcde');
});

test('a body cut short is an error, not a short body', async () => {
  const engine = await serve((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    return undefined;
  });
  const answer = await engine.request({ method: 'GET', path: '/x' });
  await expect(answer.text()).rejects.toThrow('unexpected EOF');
});

test('a refusal carries the engine’s words', async () => {
  const engine = await serve(() => reply('404 Not Found', '{"message":"No such container: x"}'));
  await expect(engine.json({ method: 'GET', path: '/x' })).rejects.toThrow(new ApiError(404, 'No such container: x'));
  await expect(engine.hijack({ method: 'POST', path: '/x' })).rejects.toThrow(new UpgradeError(404, ''));
});

test('an older engine is spoken to in its own version', async () => {
  const engine = await serve((request) =>
    request.startsWith('GET /v1.44/')
      ? reply('200 OK', '{}')
      : reply('400 Bad Request', '{"message":"client version 1.51 is too new. Maximum supported API version is 1.44"}'),
  );
  await engine.json({ method: 'GET', path: '/x' });
  expect(engine.version()).toBe('1.44');
});

test('before an upload the version is settled, once', async () => {
  const asked: string[] = [];
  const engine = await serve((request, socket) => {
    if (!/^(HEAD|PUT) /.test(request)) return undefined;
    asked.push(request.split(' HTTP')[0] ?? '');
    if (request.startsWith('PUT ')) socket.end(reply('200 OK', ''));
    return request.startsWith('HEAD ') ? 'HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\n\r\n' : undefined;
  });
  const upload = () =>
    engine.send({
      method: 'PUT',
      path: '/x',
      upload: (async function* () {
        yield Buffer.from('body');
      })(),
    });
  await upload();
  await upload();
  expect(asked).toEqual(['HEAD /v1.51/_ping', 'PUT /v1.44/x', 'PUT /v1.44/x']);
});

test('a hijacked connection goes both ways, and its input ends before its output', async () => {
  const engine = await serve((request, socket) => {
    if (request.startsWith('POST')) {
      let heard = '';
      socket.removeAllListeners('data');
      socket.on('data', (bytes) => {
        heard += bytes.toString();
      });
      socket.on('end', () => socket.end(`heard ${heard}`));
      return 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ';
    }
    return undefined;
  });
  const { stream } = await engine.hijack({ method: 'POST', path: '/attach' });
  await stream.write(Buffer.from('hello'));
  stream.closeWrite();
  let text = '';
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) text += Buffer.from(bytes).toString();
  expect(text).toBe('early heard hello');
  stream.destroy();
});

test('nobody there', async () => {
  const absent = createClient({ host: 'unix:///nosuch/socket' });
  await expect(absent.json({ method: 'GET', path: '/x' })).rejects.toThrow(
    new ConnectError(
      'Cannot connect to the Docker daemon at unix:///nosuch/socket. Is the docker daemon running?',
      true,
    ),
  );
});

test('hosts', () => {
  expect(parseHost('unix:///run/x.sock')).toEqual({ unix: '/run/x.sock' });
  expect(parseHost('tcp://[::1]:99')).toEqual({ hostname: '::1', port: 99 });
  expect(parseHost('tcp://host')).toEqual({ hostname: 'host', port: 2375 });
  expect(() => parseHost('tcp://host:x')).toThrow('unable to parse docker host');
});
