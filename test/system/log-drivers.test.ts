import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { unpack } from '../support/forward.ts';
import { type Kind, receive } from '../support/log-receiver.ts';

let engine: Engine;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-logs-'));
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);
afterAll(async () => {
  const left = await engine.dispose();
  rmSync(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

/** A server that may come and go; what it got, all connections one after another. */
async function server(kind: Kind) {
  const port = await freePort();
  const out = join(directory, String(port));
  let running: { close(): void } | undefined;
  return {
    port,
    async start() {
      running = receive(kind, port, out);
      await until('the receiver listens', () => existsSync(out));
    },
    stop: () => running?.close(),
    bytes: (): Buffer => {
      const pieces = new Map<string, Buffer[]>();
      for (const line of readFileSync(out, 'utf8').split('\n').slice(0, -1)) {
        const [connection = '', text = ''] = line.split(' ');
        pieces.set(connection, [...(pieces.get(connection) ?? []), Buffer.from(text, 'base64')]);
      }
      return Buffer.concat([...pieces.values()].flat());
    },
  };
}

const docker = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.docker(args);
  return code === 0 ? stdout : `exit ${code}: ${stderr}`;
};
const inspect = (name: string, format: string) => docker('inspect', '-f', format, name);
/** What a container runs that goes on only once `goOn` was called, however long that takes. */
const whenTold = (script: string) => `until [ -e /go ]; do sleep 0.02; done; ${script}`;
const goOn = (name: string) => docker('exec', name, 'touch', '/go');
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const asLines = (all: number[]) => all.map((number) => `${number}\n`).join('');

test('info lists the drivers that are there', async () => {
  expect(await docker('info', '-f', '{{.LoggingDriver}} {{json .Plugins.Log}}')).toBe(
    'json-file ["fluentd","gelf","journald","json-file","local","syslog"]\n',
  );
});

for (const driver of ['json-file', 'local']) {
  test(`${driver}: logs right across rotations and compressed files`, async () => {
    const bounds = [
      '--log-driver',
      driver,
      '--log-opt',
      'max-size=20k',
      '--log-opt',
      'max-file=9',
      '--log-opt',
      'compress=true',
    ];
    await docker('run', '--name', driver, ...bounds, 'busybox', 'seq', '1', '1500');
    const path = await inspect(driver, '{{.LogPath}}');
    const id = (await inspect(driver, '{{.Id}}')).trim();
    const local = join(engine.directory, 'data/containers', id, 'local-logs/container.log');
    expect(path).toBe(
      driver === 'local' ? '\n' : `${join(engine.directory, 'data/containers', id, `${id}-json.log`)}\n`,
    );
    expect(JSON.parse(await inspect(driver, '{{json .HostConfig.LogConfig}}'))).toEqual({
      Type: driver,
      Config: { 'max-size': '20k', 'max-file': '9', compress: 'true' },
    });
    const files = () => readdirSync(dirname(path.trim() || local)).filter((name) => name.endsWith('.gz'));
    await until('older files are compressed', () => files().length >= 4);
    expect(await docker('logs', driver)).toBe(asLines(numbers(1, 1500)));
    expect(await docker('logs', '--tail', '1200', driver)).toBe(asLines(numbers(301, 1500)));
    const stamped = (await docker('logs', '-t', '--tail', '900', driver)).split('\n');
    const [since] = stamped[0]?.split(' ') ?? [];
    expect(await docker('logs', '--since', since ?? '', driver)).toEndWith(asLines(numbers(601, 1500)));
    // A second life goes on behind them.
    await docker('start', '-a', driver);
    expect(await docker('logs', '--tail', '1600', driver)).toBe(asLines([...numbers(1401, 1500), ...numbers(1, 1500)]));
    await docker('rm', driver);
  }, 60_000);
}

test('what is passed on can be read as well, unless that was not wanted', async () => {
  const there = await server('tcp');
  await there.start();
  const options = ['--log-driver', 'syslog', '--log-opt', `syslog-address=tcp://127.0.0.1:${there.port}`];
  const script = 'echo out; echo last';
  await docker('run', '--name', 'both', ...options, 'busybox', 'sh', '-c', script);
  expect(await docker('logs', '--tail', '1', 'both')).toBe('last\n');
  expect(await docker('logs', '-t', 'both')).toMatch(/^\d{4}-\S+Z out\n\S+ last\n$/);
  expect(await inspect('both', '{{.LogPath}}')).toBe('\n');
  await docker('run', '--name', 'one', ...options, '--log-opt', 'cache-disabled=true', 'busybox', 'echo', 'only there');
  expect(await docker('logs', 'one')).toContain(
    'Error response from daemon: configured logging driver does not support reading',
  );
  await until('both arrived', () => there.bytes().toString().includes('only there'));
  there.stop();
  await docker('rm', 'both', 'one');
});

test('a start is refused where nobody listens, and works once somebody does', async () => {
  const there = await server('tcp');
  const options = ['--log-driver', 'fluentd', '--log-opt', `fluentd-address=127.0.0.1:${there.port}`];
  await docker('create', '--name', 'refused', ...options, 'busybox', 'echo', 'hello');
  const words = `failed to create task for container: failed to initialize logging driver: dial tcp 127.0.0.1:${there.port}: connect: connection refused`;
  expect(await docker('start', 'refused')).toContain(words);
  expect(await inspect('refused', '{{.State.Status}} {{.State.ExitCode}}')).toMatch(/^created 128\n$/);
  await there.start();
  expect(await docker('start', '-a', 'refused')).toBe('hello\n');
  await until('it arrived', () => there.bytes().toString('latin1').includes('hello'));
  there.stop();
  await docker('rm', 'refused');
});

test('what a container said that is gone still arrives, whatever happens to the engine meanwhile', async () => {
  const there = await server('tcp');
  await there.start();
  const options = ['--log-driver', 'gelf', '--log-opt', `gelf-address=tcp://127.0.0.1:${there.port}`];
  const script = `echo first; ${whenTold('seq 1 500')}`;
  await docker('run', '-d', '--name', 'gone', ...options, 'busybox', 'sh', '-c', script);
  await until('the first line arrived', () => there.bytes().toString().includes('first'));
  there.stop();
  await goOn('gone');
  await docker('wait', 'gone');
  await docker('rm', 'gone');
  const unsent = join(engine.directory, 'data/unsent');
  expect(readdirSync(unsent).length).toBe(1);
  await engine.kill();
  await engine.start();
  await there.start();
  const heard = () =>
    [
      ...there
        .bytes()
        .toString()
        .matchAll(/"short_message":"(\d+)"/g),
    ].map(([, number]) => Number(number));
  await until('the rest arrived', () => new Set(heard()).size === 500, 20_000);
  expect(heard()).toEqual(numbers(1, 500));
  await until('nothing waits any more', () => readdirSync(unsent).length === 0);
}, 60_000);

test('fluentd with acknowledgements: no line is lost over restarts of the server and of the engine', async () => {
  const there = await server('forward');
  await there.start();
  const options = ['--log-driver', 'fluentd', '--log-opt', `fluentd-address=127.0.0.1:${there.port}`];
  const more = ['--log-opt', 'fluentd-request-ack=true', '--log-opt', 'fluentd-retry-wait=100ms'];
  const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "$i"; [ $((i % 10)) = 0 ] && sleep 0.01; done';
  await docker('run', '-d', '--name', 'acked', ...options, ...more, 'busybox', 'sh', '-c', script);
  const heard = () =>
    there
      .bytes()
      .toString('latin1')
      .split('\xa3log')
      .slice(1)
      .map((text) => Number(/\d+/.exec(text.slice(1))?.[0]));
  const has = (count: number) => until(`${count} lines`, () => new Set(heard()).size >= count, 30_000);
  await has(100);
  there.stop();
  await Bun.sleep(200);
  await there.start();
  await has(500);
  await engine.kill();
  await engine.start();
  await has(1000);
  await engine.stop();
  await engine.start();
  await has(3000);
  expect([...new Set(heard())].toSorted((one, other) => one - other)).toEqual(numbers(1, 3000));
  there.stop();
  await docker('rm', '-f', 'acked');
}, 90_000);

test('fluentd-async: a container starts without a server, and its lines wait for it', async () => {
  const there = await server('tcp');
  const options = ['--log-driver', 'fluentd', '--log-opt', `fluentd-address=127.0.0.1:${there.port}`];
  expect(await docker('run', '--rm', ...options, '--log-opt', 'fluentd-async=true', 'busybox', 'echo', 'early')).toBe(
    'early\n',
  );
  await there.start();
  await until('it arrived', () => there.bytes().length > 0);
  const [message] = unpack(there.bytes());
  expect(message).toMatchObject([
    expect.stringMatching(/^[0-9a-f]{12}$/),
    expect.any(Number),
    { log: 'early', source: 'stdout' },
    {},
  ]);
  there.stop();
});

test('a kill at any step of shipping loses no line', async () => {
  const there = await server('forward');
  await there.start();
  const options = ['--log-driver', 'fluentd', '--log-opt', `fluentd-address=127.0.0.1:${there.port}`];
  const steps = ['logs.sent', 'logs.advanced', 'logs.aside', 'logs.left'];
  for (const [index, step] of steps.entries()) {
    await engine.stop();
    await engine.start({ TUG_CRASH_AT: step });
    const script = whenTold(`i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "kill ${index} $i."; sleep 0.05; done`);
    const more = ['--log-opt', 'fluentd-request-ack=true'];
    await docker('run', '-d', '--rm', '--name', step, ...options, ...more, 'busybox', 'sh', '-c', script);
    // What is taken aside has not arrived yet.
    const aside = step === 'logs.aside' || step === 'logs.left';
    if (aside) there.stop();
    await goOn(step);
    await engine.died(20_000);
    if (aside) await there.start();
    await engine.start();
    const missing = () => numbers(1, 20).filter((number) => !there.bytes().includes(`kill ${index} ${number}.`));
    await until(`all lines after ${step}`, () => missing().length === 0);
    await until('nothing is left', async () => (await docker('ps', '-aq')) === '');
  }
  await until('nothing waits', () => readdirSync(join(engine.directory, 'data/unsent')).length === 0);
  there.stop();
}, 120_000);

test('the engine’s own driver and options are every container’s that says nothing', async () => {
  const bad = await engine.tug(['daemon', '--validate', '--log-driver=syslog', '--log-opt=bogus=1']);
  expect(bad.stderr).toContain("failed to set log opts: unknown log opt 'bogus' for syslog log driver");
  const there = await server('udp');
  await there.start();
  const own = [
    '--log-driver=gelf',
    `--log-opt=gelf-address=udp://127.0.0.1:${there.port}`,
    '--log-opt=cache-max-file=3',
  ];
  const other = await startEngine({ args: own });
  try {
    await other.withBusybox();
    await other.docker(['create', '--name', 'plain', 'busybox', 'echo', 'by default']);
    await other.docker(['create', '--name', 'asked', '--log-driver', 'json-file', 'busybox']);
    const config = async (name: string) =>
      (await other.docker(['inspect', '-f', '{{json .HostConfig.LogConfig}}', name])).stdout;
    expect(JSON.parse(await config('plain'))).toEqual({
      Type: 'gelf',
      Config: { 'gelf-address': `udp://127.0.0.1:${there.port}`, 'cache-max-file': '3' },
    });
    expect(JSON.parse(await config('asked'))).toEqual({ Type: 'json-file', Config: { 'cache-max-file': '3' } });
    expect((await other.docker(['info', '-f', '{{.LoggingDriver}}'])).stdout).toBe('gelf\n');
    expect((await other.docker(['start', '-a', 'plain'])).stdout).toBe('by default\n');
    await until('it arrived', () => there.bytes().length > 0);
  } finally {
    there.stop();
    await other.dispose();
  }
}, 60_000);
