import { afterAll, expect, test } from 'bun:test';
import { silent } from '../../kit/index.ts';
import { createRegistry } from '../registry.ts';

const asked: { path: string; authorization: string | null }[] = [];
const redirect = (Location: string) => new Response(null, { status: 302, headers: { Location } });
const answers: Record<string, () => Response> = {
  '/ok': () => new Response('whole'),
  '/near': () => redirect('/ok'),
  '/again': () => redirect('/again'),
  '/file': () => redirect('file:///etc/passwd'),
  '/nowhere': () => new Response(null, { status: 302 }),
  '/404': () => new Response('no such thing\nhere', { status: 404, statusText: 'Not Found' }),
  '/500': () => new Response('', { status: 500, statusText: 'Internal Server Error' }),
};
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    const { pathname: path } = new URL(request.url);
    asked.push({ path, authorization: request.headers.get('authorization') });
    return answers[path]?.() ?? new Response(path);
  },
});
afterAll(() => server.stop(true));
const at = `127.0.0.1:${server.port}`;

const registry = createRegistry({ log: silent });
async function read(url: string): Promise<string> {
  const { bytes } = await registry.open(url, {});
  return Buffer.concat(await Array.fromAsync(bytes)).toString();
}

test('what a URL names, its size, and where a redirect leads', async () => {
  expect(await registry.open(`http://${at}/ok`, {})).toMatchObject({ url: `http://${at}/ok`, size: 5 });
  expect(await read(`${at}/near`)).toBe('whole');
  expect(await read(`http://${at}/nowhere`)).toBe('');
  expect(await read(`http://${at}/a b`)).toBe('/a%20b');
});

test('a user and password go along in a header, and to nobody else', async () => {
  answers['/with'] = () => redirect(`http://localhost:${server.port}/ok`);
  asked.length = 0;
  const url = `http://one:s%20t@${at}/with`;
  expect((await registry.open(url, {})).url).toBe(`http://one:***@${at}/with`);
  expect(asked).toEqual([
    { path: '/with', authorization: `Basic ${btoa('one:s t')}` },
    { path: '/ok', authorization: null },
  ]);
});

test('refusals in Docker’s words', async () => {
  const cases: [url: string, kind: string, words: string][] = [
    [`http://${at}/404`, 'notFound', `failed to GET http://${at}/404 with status 404 Not Found: no such thing\nhere`],
    [`http://${at}/500`, 'internal', `failed to GET http://${at}/500 with status 500 Internal Server Error: `],
    [`http://${at}/again`, 'internal', 'Get "/again": stopped after 10 redirects'],
    [`http://${at}/file`, 'internal', 'Get "file:///etc/passwd": unsupported protocol scheme "file"'],
    ['ftp://x/y', 'internal', 'Get "ftp://x/y": unsupported protocol scheme "ftp"'],
    ['/etc/passwd', 'internal', 'Get "http:///etc/passwd": http: no Host in request URL'],
    ['http://127.0.0.1:99999/x', 'internal', 'Get "http://127.0.0.1:99999/x": dial tcp: address 99999: invalid port'],
    [
      'http://127.0.0.1:1/x',
      'internal',
      'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
  ];
  for (const [url, kind, message] of cases) {
    const error = await read(url).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind, message });
  }
  asked.length = 0;
  await read(`http://${at}/again`).catch(() => undefined);
  expect(asked).toHaveLength(10);
});

test('a body that ends too early', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n';
  const short = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (socket) => void socket.end(`${head}half`) },
  });
  const { bytes, size } = await registry.open(`http://127.0.0.1:${short.port}/`, {});
  expect(size).toBe(10);
  await expect(Array.fromAsync(bytes)).rejects.toThrow(/EOF|connection reset/);
  short.stop(true);
});
