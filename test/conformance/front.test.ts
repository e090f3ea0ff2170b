import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endFrame } from '../../src/api/frames.ts';
import { frame } from '../../src/api/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

// What native/front does before the command line's own runtime must be what that does, but sooner.

const executable = join(import.meta.dirname, '../../dist/tug');
const directory = mkdtempSync(join(tmpdir(), 'tug-front-'));
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  await engine.tug(['run', '-d', '--name', 'there', 'busybox', 'sleep', '1000']);
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await engine.dispose()).toEqual([]);
});

interface Call {
  stdin?: string | Buffer;
  env?: Record<string, string>;
  program?: string;
}

async function call(args: string[], { stdin = '', env = {}, program = 'tug' }: Call = {}) {
  const child = spawn(executable, args, {
    argv0: program,
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, DOCKER_HOST: engine.host, ...env },
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const pieces: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  child.stdout.on('data', (bytes: Buffer) => pieces.stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => pieces.stderr.push(bytes));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout: Buffer.concat(pieces.stdout).toString(), stderr: Buffer.concat(pieces.stderr).toString() };
}

/** The same without the front: a variable that it does not know the meaning of. */
const behind = { DOCKER_API_VERSION: '1.51' };

const lines: [line: string, call?: Call][] = [
  ['run --rm busybox echo hi'],
  ['container run --rm busybox sh -c "echo out; echo err >&2; exit 7"'],
  ['run --rm -i busybox cat', { stdin: 'typed\n' }],
  ['run --rm -i busybox md5sum', { stdin: Buffer.alloc(5_000_000, 'much ') }],
  ['run --rm -i busybox true', { stdin: Buffer.alloc(5_000_000, 'unread ') }],
  ['run --rm busybox sh -c "head -c 5000000 /dev/zero | tr x y | md5sum"'],
  [
    'run --rm -e A=b -w /tmp -u 7:8 -h here --label x=y -v /etc/hostname:/h:ro busybox sh -c "id; pwd; hostname; echo $A"',
  ],
  ['run --rm --dns 127.0.0.1 busybox true'],
  ['run --rm --env-file vars busybox printenv FROM_FILE'],
  ['run --rm -e MINE busybox printenv MINE', { env: { MINE: 'my own' } }],
  ['run --rm -v ./here:/there busybox cat /there/file'],
  ['run --rm --mount type=bind,src=./here,dst=/there busybox cat /there/file'],
  ['run --rm --cidfile vars busybox true'],
  ['run --rm -t busybox true'],
  ['run --rm busybox nosuch'],
  ['run --rm busybox /etc'],
  ['run --rm nosuch:1 --pull never true'],
  ['run --rm --pull never nosuch:1 true'],
  ['run --rm --pull sometimes busybox true'],
  ['run --rm --nosuch busybox true'],
  ['run --rm -m 1 busybox true'],
  ['run --rm --name there busybox true'],
  ['run --rm BUSYBOX true'],
  ['run --rm --network nosuch busybox true'],
  ['run'],
  ['run --help'],
  ['run --rm --cpu-count 1 busybox true'],
  ['exec there echo hi'],
  ['container exec there sh -c "echo out; echo err >&2; exit 9"'],
  ['exec -i there cat', { stdin: 'typed\n' }],
  ['exec -e A=b -w /tmp -u 7 there sh -c "id; pwd; echo $A"'],
  ['exec -e MINE there printenv MINE', { env: { MINE: 'my own' } }],
  ['exec -t there true'],
  ['exec there nosuch'],
  ['exec nosuch true'],
  ['exec there'],
  ['exec --nosuch there true'],
  ['cp here/file there:/copied'],
  ['container cp -q here/file there:/etc/'],
  ['cp here there:/directory'],
  ['cp nosuch there:/x'],
  ['cp here/file nosuch:/x'],
  ['cp here/file there:/nosuch/'],
  ['cp there:/etc/hostname back'],
  ['cp here/file'],
  ['cp --nosuch here/file there:/x'],
];

function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Ids and names of the engine's choice, which differ from call to call. */
const plain = (text: string): string => text.replace(/[0-9a-f]{64}|[0-9a-f]{12}/g, 'ID');

for (const [index, [line, options = {}]] of lines.entries()) {
  for (const program of index % 5 === 4 ? ['tug', 'docker'] : ['tug']) {
    test(`${program} ${line}`, async () => {
      mkdirSync(join(directory, 'here'), { recursive: true });
      writeFileSync(join(directory, 'here/file'), 'found\n');
      writeFileSync(join(directory, 'vars'), 'FROM_FILE=it does\n');
      const before = await call(words(line), { ...options, program });
      const after = await call(words(line), { ...options, program, env: { ...options.env, ...behind } });
      expect(plain(JSON.stringify(before))).toBe(plain(JSON.stringify(after)));
    });
  }
}

/** An engine that answers as it is told to, and what it was asked. */
async function fake(answer: (request: string, socket: Socket) => void) {
  const path = join(directory, 'fake.sock');
  rmSync(path, { force: true });
  const asked: string[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      asked.push(bytes.toString());
      answer(bytes.toString(), socket);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return { asked, env: { DOCKER_HOST: `unix://${path}` }, [Symbol.dispose]: () => void server.close() };
}

const taken = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n';
const text = (stream: 'stdout' | 'stderr', bytes: string) => frame(stream, Buffer.from(bytes));

test('the words go as they are, in one request, and what comes in pieces is put together', async () => {
  const whole = Buffer.concat([
    text('stdout', 'one '),
    text('stderr', 'two'),
    text('stdout', ''),
    text('stdout', 'three'),
  ]);
  using engine = await fake((request, socket) => {
    if (!request.startsWith('POST /tug/line ')) return;
    const bytes = Buffer.concat([Buffer.from(`${taken}\r\n`), whole, endFrame({ StatusCode: 42 })]);
    let at = 0;
    const next = () => {
      if (at < bytes.length) socket.write(bytes.subarray(at, ++at), () => setImmediate(next));
    };
    next();
  });
  expect(await call(['run', '-x', '', 'ä b'], { env: engine.env })).toEqual({
    code: 42,
    stdout: 'one three',
    stderr: 'two',
  });
  expect(engine.asked).toHaveLength(1);
  expect(engine.asked[0]?.split('\r\n\r\n')[1]).toBe('tug\0run\0-x\0\0ä b');
});

const elsewhere: [what: string, args: string[], env: Record<string, string>][] = [
  ['another command', ['ps'], {}],
  ['a variable of Docker’s', ['run', 'x'], { DOCKER_DEFAULT_PLATFORM: 'linux/amd64' }],
  ['a trace', ['run', 'x'], { TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }],
  ['a config with more than logins', ['run', 'x'], { DOCKER_CONFIG: join(directory, 'more') }],
  ['a config by another spelling', ['run', 'x'], { DOCKER_CONFIG: join(directory, 'spelled') }],
  ['a line that is too long', ['run', 'x', 'y'.repeat(70_000)], {}],
];
for (const [what, args, env] of elsewhere) {
  test(`the engine is not asked for ${what}`, async () => {
    for (const [name, config] of [
      ['more', '{"auths":{},"proxies":{"default":{"httpProxy":"http://there"}}}'],
      ['spelled', '{"\\u0070roxies":{}}'],
    ] as const) {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, 'config.json'), config);
    }
    using engine = await fake((_, socket) => socket.end('HTTP/1.1 418 No\r\nContent-Length: 0\r\n\r\n'));
    await call(args, { env: { ...engine.env, ...env } });
    expect(engine.asked.length).toBeGreaterThan(0);
    expect(engine.asked.filter((request) => request.includes('/tug/line'))).toEqual([]);
  });
}

test('a config of logins alone is none of its business', async () => {
  const config = join(directory, 'logins');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.json'), '{"auths":{"example.com":{"auth":"eDp5"}},"credsStore":"none"}');
  using engine = await fake((_, socket) =>
    socket.end(`${taken}\r\n${endFrame({ StatusCode: 3 }).toString('latin1')}`, 'latin1'),
  );
  expect((await call(['run', 'x'], { env: { ...engine.env, DOCKER_CONFIG: config } })).code).toBe(3);
});

const strange: [what: string, bytes: string][] = [
  ['refuses', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
  ['hangs up', ''],
  ['hangs up within the head', taken],
  ['never ends its head', `${taken}${'X: y\r\n'.repeat(2000)}`],
  ['is no HTTP server', 'SSH-2.0-nothing\r\n\r\n'],
];
for (const [what, bytes] of strange) {
  test(`an engine that ${what} is asked again in the usual way`, async () => {
    using engine = await fake((request, socket) => {
      if (request.includes('/tug/line')) socket.end(bytes);
      else
        socket.end(
          'HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{"message":"usual"',
        );
    });
    const { code } = await call(['run', 'x'], { env: engine.env });
    expect(code).toBe(125);
    expect(engine.asked.filter((request) => request.includes('/tug/line'))).toHaveLength(1);
    expect(engine.asked.length).toBeGreaterThan(1);
  });
}

test('an engine that goes away in the middle', async () => {
  using engine = await fake((_, socket) =>
    socket.end(`${taken}\r\n${text('stdout', 'begun').toString('latin1')}`, 'latin1'),
  );
  expect(await call(['run', 'x'], { env: engine.env })).toEqual({
    code: 125,
    stdout: 'begun',
    stderr: 'unexpected EOF\n',
  });
});

test('signals reach the container, and only by their names', async () => {
  const script =
    'for s in HUP INT USR1 USR2 TERM; do trap "echo got $s" $s; done; echo ready; while :; do sleep 0.05; done';
  const child = spawn(executable, ['run', '--rm', '--name', 'signalled', 'busybox', 'sh', '-c', script], {
    argv0: 'tug',
    env: { PATH: process.env.PATH, HOME: directory, DOCKER_HOST: engine.host },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await until('it is ready', () => output.includes('ready'));
  for (const signal of ['HUP', 'INT', 'USR1', 'USR2', 'TERM']) {
    child.kill(`SIG${signal}` as NodeJS.Signals);
    await until(`${signal} is there`, () => output.includes(`got ${signal}`));
  }
  await engine.tug(['kill', 'signalled']);
  const [code] = (await closed) as [number];
  expect(code).toBe(137);
});

test('without --sig-proxy a signal ends the command and leaves the container', async () => {
  const child = spawn(executable, ['run', '--rm', '--sig-proxy=false', '--name', 'left', 'busybox', 'sleep', '1000'], {
    argv0: 'tug',
    env: { PATH: process.env.PATH, HOME: directory, DOCKER_HOST: engine.host },
    stdio: 'ignore',
  });
  const closed = once(child, 'close');
  await until('it runs', async () => (await engine.tug(['ps', '-q', '--filter', 'name=left'])).stdout !== '');
  child.kill('SIGTERM');
  const [, signal] = (await closed) as [number, string];
  expect(signal).toBe('SIGTERM');
  expect((await engine.tug(['rm', '-f', 'left'])).stdout).toBe('left\n');
});

test('a reader that goes away fails the command and leaves the container', async () => {
  const script = `"${executable}" run --name loud busybox sh -c 'while :; do echo x; done' | head -1; echo \${PIPESTATUS[0]}`;
  const env = { PATH: process.env.PATH, HOME: directory, DOCKER_HOST: engine.host };
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()));
  await once(child, 'close');
  expect(said).toEqual({ out: 'x\n1\n', err: 'write /dev/stdout: broken pipe\n' });
  expect((await engine.tug(['rm', '-f', 'loud'])).stdout).toBe('loud\n');
});
