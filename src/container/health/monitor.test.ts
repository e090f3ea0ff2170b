import { describe, expect, test } from 'bun:test';
import { frame } from '../../api/index.ts';
import { type ContainerRow, containerRows } from '../row.ts';
import type { FakeProcess } from '../testing/neighbours.ts';
import { containers, events, neighbours, open, useRoom } from '../testing/room.ts';

useRoom();

const ms = 1_000_000;
const healthcheck = { Test: ['CMD', 'probe'], Interval: 10 * ms, Timeout: 50 * ms, Retries: 2 };

async function run(policy = 'no', MaximumRetryCount = 0): Promise<string> {
  const HostConfig = { RestartPolicy: { Name: policy as 'no', MaximumRetryCount } };
  const { Id } = await containers.create({
    name: 'aa',
    body: { Image: 'busybox', Cmd: ['x'], Healthcheck: healthcheck, HostConfig },
  });
  await containers.start('aa');
  return Id;
}

const health = async () => (await containers.inspect('aa', { size: false })).State?.Health;

async function eventually<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = await read();
    if (value !== undefined) return value;
    await Bun.sleep(5);
  }
  throw new Error('it did not come');
}

/** The probe that runs now, after those that are known. */
const seen = new Set<string>();
async function nextProbe(id: string): Promise<FakeProcess> {
  const probe = await eventually(() =>
    [...neighbours.processes.values()].find((process) => process.id !== id && !seen.has(process.id)),
  );
  seen.add(probe.id);
  return probe;
}

/** Answers as a program that prints and ends. */
async function answer(id: string, code: number, text = ''): Promise<void> {
  const probe = await nextProbe(id);
  for (const socket of probe.attached) socket.end(frame('stdout', Buffer.from(text)));
  probe.end({ code });
}

const status = (wanted: string) => eventually(async () => ((await health())?.Status === wanted ? true : undefined));

test('probes one after another, with results, status and events', async () => {
  const { Id } = await containers.create({ name: 'bb', body: { Image: 'busybox', Cmd: ['x'] } });
  await containers.start('bb');
  seen.add(Id);
  const id = await run();
  expect(await health()).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] });
  await answer(id, 0, 'fine\n');
  await status('healthy');
  const [first] = (await health())?.Log ?? [];
  expect(first).toMatchObject({ ExitCode: 0, Output: 'fine\n' });
  await answer(id, 1);
  await answer(id, 2);
  await status('unhealthy');
  expect((await health())?.FailingStreak).toBe(2);
  const mine = events.filter(({ Actor, Action }) => Actor?.ID === id && !Action?.startsWith('exec'));
  expect(mine.map(({ Action }) => Action)).toEqual([
    'create',
    'start',
    'health_status: healthy',
    'health_status: unhealthy',
  ]);
  const actions = events.filter(({ Action }) => Action?.startsWith('exec')).map(({ Action }) => Action);
  expect(actions.slice(0, 3)).toEqual(['exec_create: probe ', 'exec_start: probe ', 'exec_die']);
  const shown = async (value: string) =>
    (await containers.list({ all: false, size: false, filters: { health: [value] } })).map(({ Status }) => Status);
  expect(await shown('unhealthy')).toEqual(['Up Less than a second (unhealthy)']);
  expect(await shown('none')).toEqual(['Up Less than a second']);
  expect((await containers.inspect(Id, { size: false })).State?.Health).toBeUndefined();
});

test('one that takes too long is killed, and counts as a failure', async () => {
  const id = await run();
  const probe = await nextProbe(id);
  for (const socket of probe.attached) socket.write(frame('stdout', Buffer.from('begun')));
  await eventually(() => (probe.signals.length > 0 ? true : undefined));
  for (const socket of probe.attached) socket.end();
  const log = await eventually(async () => (await health())?.Log?.[0]);
  expect(probe.signals).toEqual([9]);
  expect(log).toMatchObject({ ExitCode: -1, Output: 'Health check exceeded timeout (50ms): begun' });
});

test('when the container ends the probe is killed, no result comes, and it is not healthy', async () => {
  const id = await run();
  const probe = await nextProbe(id);
  neighbours.processes.get(id)?.end({ code: 0 });
  await status('unhealthy');
  await eventually(() => (probe.signals.length > 0 ? true : undefined));
  for (const socket of probe.attached) socket.end();
  await Bun.sleep(30);
  expect((await health())?.Log).toEqual([]);
  expect(neighbours.processes.size).toBe(2);
  await containers.start('aa');
  expect((await health())?.Status).toBe('starting');
});

test('the next engine knows the results, kills the probe that was left, and goes on', async () => {
  const id = await run();
  await answer(id, 0);
  await status('healthy');
  const left = await nextProbe(id);
  await containers.close();
  const container = neighbours.processes.get(id);
  if (!container) throw new Error('it is gone');
  neighbours.recoverable.set(id, container);
  neighbours.recoverable.set(left.id, left);
  open();
  await containers.restore();
  expect(await health()).toMatchObject({ Status: 'healthy', FailingStreak: 0, Log: [{ ExitCode: 0 }] });
  expect(left.signals).toEqual([9]);
  await answer(id, 0);
  await eventually(async () => ((await health())?.Log?.length === 2 ? true : undefined));
});

describe('the restart policy on-unhealthy', () => {
  const running = (count: number) =>
    eventually(async () => {
      const { RestartCount, State } = await containers.inspect('aa', { size: false });
      return RestartCount === count && State?.Status === 'running' ? true : undefined;
    });

  test('ends what is unhealthy as a stop would, and starts it again, so often', async () => {
    const id = await run('on-unhealthy', 1);
    seen.add(id);
    const first = neighbours.processes.get(id);
    await answer(id, 1);
    await answer(id, 1);
    await running(1);
    expect(first?.signals).toEqual([15]);
    expect((await health())?.Status).toBe('starting');
    const own = events.filter(({ Type, Action }) => Type === 'container' && !Action?.startsWith('exec'));
    expect(own.map(({ Action }) => Action).slice(-5)).toEqual([
      'health_status: unhealthy',
      'kill',
      'die',
      'stop',
      'start',
    ]);
    await answer(id, 1);
    await answer(id, 1);
    await status('unhealthy');
    await answer(id, 1);
    await running(1);
    await containers.stop('aa', {});
    expect((await containers.inspect('aa', { size: false })).State?.Status).toBe('exited');
  });

  test('an engine that was killed before it could end it, does so after the next failure', async () => {
    const id = await run('on-unhealthy');
    await containers.close();
    const before = { Status: 'unhealthy', FailingStreak: 2, Log: [] };
    neighbours.store.update((tx) => tx.collection({ name: 'health', indexes: {} }).put(id, before));
    const container = neighbours.processes.get(id);
    if (!container) throw new Error('it is gone');
    neighbours.recoverable.set(id, container);
    open();
    await containers.restore();
    await answer(id, 1);
    await running(1);
  });

  test('one without a check is warned of', async () => {
    const HostConfig = { RestartPolicy: { Name: 'on-unhealthy' as 'no' } };
    const { Warnings } = await containers.create({ name: 'bb', body: { Image: 'busybox', Cmd: ['x'], HostConfig } });
    expect(Warnings).toEqual([
      "Without a health check the restart policy 'on-unhealthy' is the same as 'unless-stopped'",
    ]);
  });
});

test('an engine that died in the middle of a start leaves no health of the life before', async () => {
  const id = await run();
  neighbours.processes.get(id)?.end({ code: 0 });
  await status('unhealthy');
  await containers.start('aa');
  const process = neighbours.processes.get(id);
  if (!process) throw new Error('it is gone');
  await containers.close();
  neighbours.recoverable.set(id, process);
  // The start was written down, and that it came to run and its health were not.
  neighbours.store.update((tx) => {
    const rows = tx.collection(containerRows);
    rows.put(id, { ...(rows.get(id) as ContainerRow), state: 'starting' });
    tx.collection({ name: 'health', indexes: {} }).put(id, { Status: 'unhealthy', FailingStreak: 1, Log: [] });
  });
  open();
  await containers.restore();
  expect(await health()).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] });
});
