import { afterEach, expect, test } from 'bun:test';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError, silent } from '../kit/index.ts';
import { parseChallenges } from './auth/challenge.ts';
import { type Credentials, createRegistry } from './index.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const ann = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

/** A registry on this machine; `answer` may see every request. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, base: string) => void) {
  const asked: string[] = [];
  const started = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response, base());
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const base = () => `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  return { address: base().slice('http://'.length), asked };
}

const registry = createRegistry({ log: silent });
const login = (serverAddress: string, more: Partial<Credentials> = {}) =>
  registry.login({ username: 'ann', password: 'secret', identityToken: '', serverAddress, ...more });

async function failure(work: Promise<unknown>): Promise<[kind: string, message: string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return [error.kind, error.message];
  }
  throw new Error('it did not fail as it should');
}

test('a registry that asks nobody', async () => {
  const { address, asked } = await serve((_, response) => response.end('{}'));
  expect(await login(address)).toEqual({ status: 'Login Succeeded', identityToken: '' });
  expect(asked).toEqual(['GET /v2/', 'GET /v2/']);
});

test('user and password, good and bad', async () => {
  const { address } = await serve((request, response) => {
    if (request.headers.authorization === ann) return response.end('{}');
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
  });
  expect((await login(`http://${address}/v1/`)).status).toBe('Login Succeeded');
  const [kind, message] = await failure(login(address, { password: 'wrong' }));
  expect(kind).toBe('internal');
  expect(message).toBe(`login attempt to http://${address}/v2/ failed with status: 401 Unauthorized`);
});

/** A registry whose realm believes Ann's password and the token `known`. */
function withTokens() {
  return serve((request, response, base) => {
    const url = new URL(request.url ?? '', base);
    if (url.pathname === '/v2/') {
      if (request.headers.authorization === 'Bearer good') return response.end('{}');
      const challenge = `Bearer realm="${base}/token",service="the, service"`;
      return response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    }
    if (request.method === 'POST') {
      let form = '';
      request.on('data', (bytes: Buffer) => {
        form += bytes.toString();
      });
      request.on('end', () => {
        const good = new URLSearchParams(form).get('refresh_token') === 'known';
        response.writeHead(good ? 200 : 401, { 'Content-Type': 'application/json' });
        response.end(good ? '{"access_token":"good"}' : '{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}');
      });
      return undefined;
    }
    if (request.headers.authorization === ann) return response.end('{"token":"good","refresh_token":"keep"}');
    const body = '{"details":"incorrect username or password"}';
    return response.writeHead(401, { 'Content-Type': 'application/json' }).end(body);
  });
}

test('a token of the realm for user and password, and what it gives to keep', async () => {
  const { address, asked } = await withTokens();
  expect(await login(address)).toEqual({ status: 'Login Succeeded', identityToken: 'keep' });
  expect(asked[1]).toBe('GET /token?service=the%2C+service&offline_token=true&client_id=docker&account=ann');
  expect(await failure(login(address, { password: 'wrong' }))).toEqual([
    'unauthorized',
    `Get "http://${address}/v2/": unauthorized: incorrect username or password`,
  ]);
});

test('a token of the realm for what an earlier login gave', async () => {
  const { address } = await withTokens();
  expect(await login(address, { identityToken: 'known' })).toEqual({
    status: 'Login Succeeded',
    identityToken: 'known',
  });
  expect(await failure(login(address, { identityToken: 'other' }))).toEqual([
    'unauthorized',
    `Get "http://${address}/v2/": unauthorized: who?`,
  ]);
});

test('nobody there, no address, no realm', async () => {
  expect(await failure(login('127.0.0.1:1'))).toEqual([
    'internal',
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
  ]);
  expect(await failure(login('foo bar'))).toEqual([
    'invalid',
    'unable to parse server address: parse "https://foo bar": invalid character " " in host name',
  ]);
  const { address } = await serve((_, response) => response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end());
  expect((await failure(login(address)))[1]).toBe(
    `Get "http://${address}/v2/": no realm specified for token auth challenge`,
  );
});

test('challenges as registries write them', () => {
  expect(parseChallenges('Bearer realm="https://a/t",service="a\\"b",scope="x:y:pull,push"')).toEqual([
    { scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'a"b', scope: 'x:y:pull,push' } },
  ]);
  expect(parseChallenges('Basic realm=plain, Bearer Realm="r"')).toEqual([
    { scheme: 'basic', parameters: { realm: 'plain' } },
    { scheme: 'bearer', parameters: { realm: 'r' } },
  ]);
  expect(parseChallenges('')).toEqual([]);
});
