import { describe, expect, test } from 'bun:test';
import { EngineError } from '../../kit/index.ts';
import type { StatsSample } from '../index.ts';
import { fakeProcess } from '../testing/neighbours.ts';
import { containers, events, neighbours, reopen, useRoom } from '../testing/room.ts';

useRoom();

const told = () => events.map(({ Action = '', Actor }) => [Action, Actor?.Attributes ?? {}] as const);
const never = new AbortController().signal;
const inspect = (name: string) => containers.inspect(name, { size: false });
const actions = () => events.map(({ Action }) => Action);
const forced = { force: true, volumes: false, link: false };

function processOf(id: string) {
  const process = neighbours.processes.get(id);
  if (!process) throw new Error('it has no process');
  return process;
}

async function run(name: string, HostConfig: object = {}, extra: object = {}): Promise<string> {
  const { Id } = await containers.create({ name, body: { Image: 'busybox', Cmd: ['x'], HostConfig, ...extra } });
  await containers.start(name);
  events.length = 0;
  return Id;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('pause', () => {
  test('stands still, is shown so, and goes on', async () => {
    const id = await run('aa');
    await containers.pause('aa');
    expect(processOf(id).frozen).toBe(true);
    expect((await inspect('aa')).State).toMatchObject({ Status: 'paused', Running: true, Paused: true });
    expect(await containers.list({ all: false, size: false, filters: { status: ['paused'] } })).toMatchObject([
      { State: 'paused', Status: 'Up Less than a second (Paused)' },
    ]);
    expect(containers.counts()).toEqual({ total: 1, running: 0, paused: 1, stopped: 0 });
    await containers.unpause('aa');
    expect(processOf(id).frozen).toBe(false);
    expect((await inspect('aa')).State?.Status).toBe('running');
    expect(actions()).toEqual(['pause', 'unpause']);
  });

  test('what does not go with it is refused in Docker’s words', async () => {
    const { Id } = await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
    expect(await refusal(containers.pause('aa'))).toBe(`conflict: container ${Id} is not running`);
    expect(await refusal(containers.unpause('aa'))).toBe(`internal: Container ${Id} is not paused`);
    await containers.start('aa');
    const exec = await containers.execCreate('aa', { Cmd: ['true'] });
    await containers.pause('aa');
    expect(await refusal(containers.pause('aa'))).toBe(`conflict: Container ${Id} is already paused`);
    expect(await refusal(containers.start('aa'))).toBe(
      'conflict: cannot start a paused container, try unpause instead',
    );
    expect(await refusal(containers.remove('aa', { ...forced, force: false }))).toBe(
      'conflict: cannot remove container "aa": container is paused and must be unpaused first',
    );
    expect(await refusal(containers.execCreate('aa', { Cmd: ['true'] }))).toBe(
      'conflict: Container aa is paused, unpause the container before exec',
    );
    expect(await refusal(containers.execStart(exec.Id, { detach: true, tty: false }))).toBe(
      `conflict: Container ${Id} is paused, unpause the container before exec`,
    );
    const streams = { stdin: false, stdout: true, stderr: true, stream: true, logs: false };
    expect(await refusal(containers.attach('aa', streams))).toBe(
      'conflict: container aa is paused, unpause the container before attach',
    );
  });

  test('a signal lets it go on, so that it arrives', async () => {
    const id = await run('aa');
    neighbours.ignored.add(1);
    await containers.pause('aa');
    await containers.kill('aa', { signal: 'HUP' });
    expect(processOf(id)).toMatchObject({ frozen: false, signals: [1] });
    expect(actions()).toEqual(['pause', 'kill', 'unpause']);
    await containers.pause('aa');
    await containers.stop('aa', {});
    expect((await inspect('aa')).State).toMatchObject({ Status: 'exited', Paused: false });
  });

  test('it can be removed by force, and started again after its end', async () => {
    const id = await run('aa');
    await containers.pause('aa');
    await containers.kill('aa', {});
    expect(processOf(id).signals).toEqual([9]);
    await containers.start('aa');
    expect((await inspect('aa')).State?.Paused).toBe(false);
    await containers.pause('aa');
    await containers.remove('aa', forced);
    expect(await containers.list({ all: true, size: false, filters: {} })).toEqual([]);
  });

  test('the next engine believes the freezer', async () => {
    const id = await run('aa');
    await containers.pause('aa');
    const token = neighbours.store.view(
      (tx) => tx.collection<{ token: string }>({ name: 'containers', indexes: {} }).get(id)?.token,
    );
    const frozen = fakeProcess(id, token ?? '', () => neighbours);
    frozen.frozen = true;
    neighbours.recoverable.set(id, frozen);
    await reopen();
    expect((await inspect('aa')).State?.Status).toBe('paused');
    frozen.frozen = false;
    await reopen();
    expect((await inspect('aa')).State?.Status).toBe('running');
  });
});

describe('rename', () => {
  test('frees the old name and tells it', async () => {
    const id = await run('aa');
    await containers.rename('aa', '/bb');
    expect((await inspect('bb')).Name).toBe('/bb');
    expect(await refusal(inspect('aa'))).toBe('notFound: No such container: aa');
    expect(told()).toEqual([['rename', { image: 'busybox', name: 'bb', oldName: '/aa' }]]);
    await run('aa');
    expect(await refusal(containers.rename('aa', 'bb'))).toBe(
      `conflict: Error when allocating new name: Conflict. The container name "/bb" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
    expect((await inspect('aa')).Name).toBe('/aa');
  });

  test.each([
    ['', 'invalid: Neither old nor new names may be empty'],
    ['aa', 'invalid: Renaming a container with the same name as its current name'],
    ['/aa', 'invalid: Renaming a container with the same name as its current name'],
    [
      'a b',
      'invalid: Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    ],
  ])('to %p is refused', async (name, words) => {
    await run('aa');
    expect(await refusal(containers.rename('aa', name))).toBe(words);
    expect(events).toEqual([]);
  });
});

const MB = 1 << 20;

describe('update', () => {
  test('changes what it names, at once and for the next start', async () => {
    const id = await run('aa', { Memory: 64 * MB, PidsLimit: 10 });
    await containers.update('aa', { Memory: 32 * MB, NanoCpus: 5e8, CpusetCpus: '0', PidsLimit: -1 });
    expect(processOf(id).limits).toEqual([
      {
        devices: [],
        memory: { limit: 32 * MB, swap: 128 * MB },
        cpu: { cpus: '0', period: 100_000, quota: 50_000 },
        pids: { limit: -1 },
      },
    ]);
    expect((await inspect('aa')).HostConfig).toMatchObject({ Memory: 32 * MB, NanoCpus: 5e8, PidsLimit: 0 });
    expect(actions()).toEqual(['update']);
  });

  test('of one that does not run is for its next start', async () => {
    const { Id } = await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
    await containers.update('aa', { RestartPolicy: { Name: 'always' }, CpuShares: 300 });
    expect(neighbours.processes.has(Id)).toBe(false);
    expect((await inspect('aa')).HostConfig).toMatchObject({
      CpuShares: 300,
      RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
    });
  });

  test.each([
    ['the kernel', new EngineError('internal', 'failed to write "7": write /x: invalid argument')],
    ['the runtime', new EngineError('invalid', 'memory+swap limit should be >= memory limit')],
  ])('what %s refuses changes nothing', async (_, failure) => {
    const id = await run('aa', { CpuShares: 100 });
    neighbours.fail.update = failure;
    expect(await refusal(containers.update('aa', { CpuShares: 200 }))).toBe(
      `internal: Cannot update container ${id}: ${failure.message}`,
    );
    expect((await inspect('aa')).HostConfig?.CpuShares).toBe(100);
    expect(events).toEqual([]);
  });

  test.each<[given: object, had: object, words: string]>([
    [{ Memory: 1000 }, {}, 'invalid: Minimum memory limit allowed is 6MB'],
    [
      { Memory: 50 * MB },
      { Memory: 8 * MB, MemorySwap: 16 * MB },
      'conflict: Cannot update container ID: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    ],
    [
      { CpuQuota: 5000 },
      { NanoCpus: 1e9 },
      'conflict: Cannot update container ID: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
    ],
    [
      { NanoCpus: 1e9 },
      { CpuPeriod: 5000 },
      'conflict: Cannot update container ID: Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set',
    ],
    [
      { RestartPolicy: { Name: 'always' } },
      { AutoRemove: true },
      'conflict: Cannot update container ID: Restart policy cannot be updated because AutoRemove is enabled for the container',
    ],
    [
      { RestartPolicy: { Name: 'always', MaximumRetryCount: -1 } },
      {},
      "invalid: invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
    ],
    [{ RestartPolicy: { MaximumRetryCount: 2 } }, {}, 'none'],
    [{ MemorySwap: 16 * MB }, {}, 'none'],
    [{ KernelMemory: 5 }, {}, 'invalid: Minimum kernel memory limit allowed is 6MB'],
  ])('%j of one with %j', async (given, had, words) => {
    const { Id } = await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'], HostConfig: had } });
    expect((await refusal(containers.update('aa', given))).replace(Id, 'ID')).toBe(words);
  });

  test('warns as Docker does, and says null otherwise', async () => {
    await run('aa');
    expect(await containers.update('aa', {})).toEqual({ Warnings: null as never });
    const { Warnings } = await containers.update('aa', { OomKillDisable: true });
    expect(Warnings).toHaveLength(1);
  });
});

describe('prune', () => {
  test('removes what does not run, and says how much that was', async () => {
    await run('runs');
    const made = await containers.create({ name: 'made', body: { Image: 'busybox', Cmd: ['x'] } });
    const { Id } = await containers.create({
      name: 'kept',
      body: { Image: 'busybox', Cmd: ['x'], Labels: { keep: 'y' } },
    });
    events.length = 0;
    expect(await containers.prune({ 'label!': ['keep'] })).toEqual({ ContainersDeleted: [made.Id], SpaceReclaimed: 3 });
    expect(told().at(-1)).toEqual(['prune', { reclaimed: '3' }]);
    expect((await containers.prune({ label: ['keep=n'] })).ContainersDeleted).toEqual([]);
    expect((await containers.prune({ until: ['10m'] })).ContainersDeleted).toEqual([]);
    expect((await containers.prune({ label: ['keep=y'], until: ['0s'] })).ContainersDeleted).toEqual([Id]);
    expect(await containers.list({ all: true, size: false, filters: {} })).toMatchObject([{ Names: ['/runs'] }]);
  });

  test('one at a time; filters in Docker’s words', async () => {
    const first = containers.prune({});
    expect(await refusal(containers.prune({}))).toBe('conflict: a prune operation is already running');
    await first;
    expect(await refusal(containers.prune({ foo: ['x'] }))).toBe("invalid: invalid filter 'foo'");
    expect(await refusal(containers.prune({ until: ['1h', '2h'] }))).toBe(
      'invalid: more than one until filter specified',
    );
    expect(await refusal(containers.prune({ until: ['x'] }))).toBe(
      'invalid: failed to parse value as time or duration: "x"',
    );
  });
});

describe('several at once', () => {
  test('one removal wins, and nothing starts meanwhile', async () => {
    await run('aa');
    const answers = await Promise.all([
      refusal(containers.remove('aa', forced)),
      refusal(containers.remove('aa', forced)),
      refusal(containers.start('aa')),
    ]);
    expect(answers).toEqual([
      'none',
      'conflict: removal of container aa is already in progress',
      'conflict: container is marked for removal and cannot be started',
    ]);
  });

  test('a start that is going on is not removed without force', async () => {
    const { Id } = await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
    const [started, removed] = await Promise.all([
      refusal(containers.start('aa')),
      refusal(containers.remove('aa', { ...forced, force: false })),
    ]);
    // Whichever comes first, the other is refused, and no process was killed.
    if (started === 'none') {
      expect(removed).toBe(
        'conflict: cannot remove container "aa": container is running: stop the container before removing or force remove',
      );
      expect(processOf(Id).signals).toEqual([]);
    } else {
      expect(started).toBe('conflict: container is marked for removal and cannot be started');
    }
  });

  test('two starts are one, and two stops end one process', async () => {
    const id = await run('aa');
    await containers.stop('aa', {});
    const starts = await Promise.all([refusal(containers.start('aa')), refusal(containers.start('aa'))]);
    expect(starts).toEqual(['none', `notModified: Container ${id} is already running`]);
    const stops = await Promise.all([refusal(containers.stop('aa', {})), refusal(containers.stop('aa', {}))]);
    expect(stops).toEqual(['none', 'none']);
    expect((await inspect('aa')).State?.Status).toBe('exited');
  });

  test('a rename during a start loses neither', async () => {
    await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
    await Promise.all([containers.start('aa'), containers.rename('aa', 'bb')]);
    expect(await inspect('bb')).toMatchObject({ Name: '/bb', State: { Status: 'running' } });
  });
});

test('a wait for one whose start failed tells why', async () => {
  await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
  neighbours.fail.go = new EngineError('invalid', 'exec: "x": executable file not found in $PATH');
  await refusal(containers.start('aa'));
  const { done } = await containers.wait('aa', 'not-running', never);
  expect(await done).toMatchObject({ StatusCode: 127, Error: { Message: expect.stringContaining('"x"') } });
});

async function collect(samples: AsyncIterable<StatsSample>): Promise<StatsSample[]> {
  const all: StatsSample[] = [];
  for await (const sample of samples) all.push(sample);
  return all;
}

describe('stats', () => {
  test('one look, or one compared with the look before', async () => {
    const id = await run('aa');
    const [single] = await collect(await containers.stats('aa', { stream: false, oneShot: true }, never));
    expect(single).toMatchObject({
      preread: '0001-01-01T00:00:00Z',
      pids_stats: { current: 1, limit: 50 },
      cpu_stats: { cpu_usage: { total_usage: 5, percpu_usage: [4, 1] } },
      precpu_stats: { cpu_usage: { total_usage: 0 } },
      memory_stats: { usage: 4096, max_usage: 8192, limit: 1 << 20, stats: { rss: 1024, cache: 0 } },
    });
    expect(single).not.toHaveProperty('name');
    expect(single?.memory_stats?.stats).not.toHaveProperty('odd');
    const looking = collect(await containers.stats('aa', { stream: false, oneShot: false }, never));
    const [compared] = await looking;
    expect(compared).toMatchObject({ name: '/aa', id, precpu_stats: { cpu_usage: { total_usage: 5 } } });
    expect(Date.parse(compared?.preread ?? '')).toBeLessThan(Date.parse(compared?.read ?? ''));
  });

  test('of one that does not run are nothing', async () => {
    const { Id } = await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } });
    const [sample] = await collect(await containers.stats('aa', { stream: false, oneShot: false }, never));
    expect(sample).toMatchObject({
      name: '/aa',
      id: Id,
      read: '0001-01-01T00:00:00Z',
      memory_stats: {},
      pids_stats: {},
    });
    expect(sample).not.toHaveProperty('networks');
  });

  test('a stream ends with the container, or with its reader', async () => {
    await run('aa');
    const gone = new AbortController();
    const left = await containers.stats('aa', { stream: true, oneShot: false }, gone.signal);
    const seen: StatsSample[] = [];
    for await (const sample of left) {
      seen.push(sample);
      gone.abort();
    }
    expect(seen).toHaveLength(1);
    const stream = (await containers.stats('aa', { stream: true, oneShot: false }, never))[Symbol.asyncIterator]();
    expect((await stream.next()).value.name).toBe('/aa');
    await containers.remove('aa', forced);
    expect((await stream.next()).done).toBe(true);
  });
});

test('memory that runs out is told at once, and once', async () => {
  const id = await run('aa');
  processOf(id).runOut();
  expect((await inspect('aa')).State).toMatchObject({ Status: 'running', OOMKilled: true });
  processOf(id).end({ code: 137, oom: true });
  await (await containers.wait('aa', 'not-running', never)).done;
  expect((await inspect('aa')).State).toMatchObject({ Status: 'exited', OOMKilled: true });
  expect(actions().filter((action) => action === 'oom')).toEqual(['oom']);
  await containers.start('aa');
  expect((await inspect('aa')).State?.OOMKilled).toBe(false);
});

describe('restart', () => {
  test('keeps a container that is to remove itself at its end, which comes later', async () => {
    const id = await run('aa', { AutoRemove: true });
    await containers.restart('aa', {});
    expect((await inspect('aa')).State?.Status).toBe('running');
    processOf(id).end({});
    await until404('aa');
  });

  test('a failure is told as Docker does, and a wrong signal changes nothing', async () => {
    await containers.create({
      name: 'aa',
      body: { Image: 'busybox', Cmd: ['x'], HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } },
    });
    neighbours.fail.go = new EngineError('invalid', 'exec: "x": not found');
    expect(await refusal(containers.restart('aa', {}))).toStartWith('internal: Cannot restart container aa: ');
    delete neighbours.fail.go;
    expect(await refusal(containers.stop('aa', { signal: 'foo' }))).toStartWith('notModified: ');
    await containers.start('aa');
    expect(await refusal(containers.restart('aa', { signal: 'foo' }))).toBe(
      'internal: Cannot restart container aa: invalid signal: foo',
    );
    expect(await refusal(containers.stop('aa', { signal: 'foo' }))).toBe(
      'internal: cannot stop container: aa: invalid signal: foo',
    );
    // Its policy still applies.
    processOf((await inspect('aa')).Id ?? '').end({ code: 1 });
    await (await containers.wait('aa', 'next-exit', never)).done;
    expect((await inspect('aa')).State?.Status).toBe('restarting');
  });
});

async function until404(name: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if ((await refusal(inspect(name))) === `notFound: No such container: ${name}`) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${name} is still there`);
}
