// Builds beside each other: what is equal is done once, a client that goes away ends its own build alone, and the cache is pruned meanwhile.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

setDefaultTimeout(120_000);

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

async function build(dockerfile: string, args: string[] = []) {
  using context = buildContext({ Dockerfile: dockerfile });
  return await engine.tug(['build', '--progress=plain', '--network=none', ...args, context.directory]);
}

const idOf = async (image: string) =>
  ((await engine.request('GET', `/images/${image}/json`)).json() as { Id: string }).Id;
const starts = () => join(engine.directory, 'exec/containers');
const steps = () => (existsSync(starts()) ? readdirSync(starts()) : []);

interface Record {
  Description: string;
  Size: number;
  InUse: boolean;
}

async function cache(): Promise<Record[]> {
  const { BuildCache } = (await engine.request('GET', '/system/df?type=build-cache')).json() as {
    BuildCache: Record[];
  };
  return BuildCache;
}

test('two equal builds at once are one work', async () => {
  const dockerfile = 'FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /id; sleep 1';
  const built = await Promise.all(['one', 'two'].map((name) => build(dockerfile, ['-t', name])));
  expect(built.map(({ code }) => code)).toEqual([0, 0]);
  expect(await idOf('one')).toBe(await idOf('two'));
  const records = (await cache()).filter(({ Description }) => Description.includes('random/uuid'));
  expect(records).toHaveLength(1);
});

test('a client that goes away ends its build alone', async () => {
  const dockerfile = 'FROM busybox\nRUN echo begun > /b; sleep 2; echo shared > /s';
  using context = buildContext({ Dockerfile: dockerfile });
  const start = (...flags: string[]) => {
    const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
    return Bun.spawn([executable, 'build', '--network=none', ...flags, '-t', 'left', context.directory], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, DOCKER_HOST: engine.host },
    });
  };
  const first = start();
  await until('its step runs', () => steps().length > 0);
  const second = build(dockerfile, ['-t', 'stays']);
  await until('the second one waits for the step', async () => (await cache()).some(({ InUse }) => InUse));
  first.kill();
  await first.exited;
  expect((await second).code).toBe(0);
  await until('no step runs any more', () => steps().length === 0);
  const alone = start('--no-cache');
  await until('its step runs', () => steps().length > 0);
  alone.kill();
  await alone.exited;
  await until('no step runs any more', () => steps().length === 0);
  expect((await engine.tug(['run', '--rm', '--network=none', 'stays', 'cat', '/s'])).stdout).toBe('shared\n');
});

test('the cache is pruned while builds go on, and none of them loses what it stands on', async () => {
  const over = new AbortController();
  const pruning = (async () => {
    let rounds = 0;
    for (; !over.signal.aborted; rounds++) {
      const { status } = await engine.request('POST', '/build/prune?all=1');
      expect(status).toBe(200);
    }
    return rounds;
  })();
  const build1 = async (serial: number) => {
    const lines = Array.from({ length: 4 }, (_, step) => `RUN echo ${serial}-${step} > /f${step}`);
    const { code, stderr } = await build(['FROM busybox', ...lines].join('\n'), ['-t', `pruned${serial % 3}`]);
    return code === 0 ? '' : stderr;
  };
  try {
    for (let round = 0; round < 3; round++) {
      // The same ones come again, from a cache that may have gone meanwhile.
      const outcomes = await Promise.all([0, 1, 2].map((each) => build1(each + (round % 2) * 3)));
      expect(outcomes).toEqual(['', '', '']);
    }
  } finally {
    over.abort();
  }
  expect(await pruning).toBeGreaterThan(1);
  for (const name of ['pruned0', 'pruned1', 'pruned2']) {
    const { code, stdout } = await engine.tug(['run', '--rm', '--network=none', name, 'cat', '/f0', '/f3']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^(\d)-0\n\1-3\n$/)]);
  }
  const checked = await engine.tug(['system', 'fsck']);
  expect([checked.code, checked.code === 0 ? '' : checked.stdout]).toEqual([0, '']);
});

test('a bound for the cache is kept, the longest unused first, also while builds go on', async () => {
  await engine.request('POST', '/build/prune?all=1');
  const fill = async (name: string) => {
    const { code } = await build(`FROM busybox\nRUN dd if=/dev/zero of=/${name} bs=1M count=2`, [
      '-o',
      'type=tar,dest=/dev/null',
    ]);
    expect(code).toBe(0);
  };
  for (const name of ['first', 'second', 'third']) await fill(name);
  const kept = async () =>
    (await cache()).flatMap(({ Description }) => /of=\/(\w+)/.exec(Description)?.[1] ?? []).toSorted();
  expect(await kept()).toEqual(['first', 'second', 'third']);
  const [pruned] = await Promise.all([
    engine.request('POST', `/build/prune?all=1&max-used-space=${7 << 20}`),
    build('FROM busybox\nRUN sleep 1'),
  ]);
  expect(pruned.status).toBe(200);
  expect(await kept()).toEqual(['second', 'third']);
  await engine.request('POST', `/build/prune?all=1&max-used-space=1&reserved-space=${5 << 20}`);
  expect(await kept()).toEqual(['third']);
});
