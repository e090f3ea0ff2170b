import { describe, expect, test } from 'bun:test';
import { type ContainerRow, changeRow, getRow } from '../../row.ts';
import { actions, containers, neighbours, open, useRoom } from '../../testing/room.ts';
import { restartsAfterExit, startsWithEngine } from './restart-policy.ts';

useRoom();

const inspect = (name: string) => containers.inspect(name, { size: false });

async function until(name: string, status: string): Promise<void> {
  for (let tries = 0; tries < 400 && (await inspect(name)).State?.Status !== status; tries++) await Bun.sleep(5);
  expect((await inspect(name)).State?.Status).toBe(status as 'running');
}

async function run(policy: string, config: object = {}): Promise<string> {
  const { Id } = await containers.create({
    name: 'aa',
    body: { Image: 'busybox', Cmd: ['x'], ...config, HostConfig: { RestartPolicy: { Name: policy as 'always' } } },
  });
  await containers.start('aa');
  return Id;
}

const end = (id: string, code: number) => neighbours.processes.get(id)?.end({ code });

const remove = (force: boolean) => containers.remove('aa', { force, volumes: false, link: false });

async function runUntilRestarting(): Promise<string> {
  const id = await run('always');
  end(id, 5);
  await until('aa', 'restarting');
  actions.length = 0;
  return id;
}

const row = (Name: string, extra: Partial<ContainerRow> = {}, MaximumRetryCount = 0) =>
  ({
    hostConfig: { RestartPolicy: { Name, MaximumRetryCount } },
    restartCount: 0,
    exitCode: 0,
    manuallyStopped: false,
    ...extra,
  }) as unknown as ContainerRow;

const starts = (name: string, code: number, extra: Partial<ContainerRow> = {}, most = 0) =>
  restartsAfterExit(row(name, extra, most), code);

describe('rules', () => {
  test('after an exit', () => {
    expect(['no', 'on-failure', 'always', 'unless-stopped'].map((name) => starts(name, 1))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(['on-failure', 'always', 'unless-stopped'].map((name) => starts(name, 0))).toEqual([false, true, true]);
    expect([1, 2, 3].map((restartCount) => starts('on-failure', 1, { restartCount }, 3))).toEqual([true, true, false]);
    expect(starts('unless-stopped', 1, { manuallyStopped: true })).toBe(false);
    expect([0, 1].map((code) => starts('on-unhealthy', code))).toEqual([true, true]);
    expect(starts('on-unhealthy', 1, { manuallyStopped: true })).toBe(false);
    expect([1, 2].map((restartCount) => starts('on-unhealthy', 1, { restartCount }, 2))).toEqual([true, false]);
  });

  test('with the engine', () => {
    const stopped = { manuallyStopped: true, exitCode: 1 };
    const names = ['no', 'on-failure', 'always', 'unless-stopped'];
    expect(names.map((name) => startsWithEngine(row(name, stopped)))).toEqual([false, false, true, false]);
    expect(names.map((name) => startsWithEngine(row(name, { exitCode: 1 })))).toEqual([false, true, true, true]);
    expect(names.map((name) => startsWithEngine(row(name)))).toEqual([false, false, true, true]);
  });
});

describe('a signal of a user', () => {
  test('any ends the policy where there is no stop signal', async () => {
    const id = await run('always');
    neighbours.ignored.add(1);
    await containers.kill('aa', { signal: 'HUP' });
    end(id, 3);
    await until('aa', 'exited');
  });

  test('with a stop signal, another leaves `always` in force, but not `unless-stopped`', async () => {
    neighbours.ignored.add(1);
    const id = await run('always', { StopSignal: 'SIGTERM' });
    await containers.kill('aa', { signal: 'HUP' });
    end(id, 3);
    await until('aa', 'restarting');
    await remove(true);
    const other = await run('unless-stopped', { StopSignal: 'SIGTERM' });
    await containers.kill('aa', { signal: 'HUP' });
    end(other, 3);
    await until('aa', 'exited');
  });
});

describe('between two lives', () => {
  test('stop says so, kill goes without a word; the count stays', async () => {
    await runUntilRestarting();
    await containers.stop('aa', {});
    expect(actions).toEqual(['stop']);
    const { State, RestartCount } = await inspect('aa');
    expect([State?.Status, State?.Running, State?.ExitCode, RestartCount]).toEqual(['exited', false, 5, 1]);
  });

  test('kill by whatever signal', async () => {
    await runUntilRestarting();
    await containers.kill('aa', { signal: 'USR1' });
    expect(actions).toEqual([]);
    await until('aa', 'exited');
  });

  test('start finds it running, and restart does not wait and begins to count anew', async () => {
    const id = await runUntilRestarting();
    await expect(containers.start('aa')).rejects.toThrow(`Container ${id} is already running`);
    await containers.restart('aa', {});
    expect(actions).toEqual(['stop', 'start', 'restart']);
    expect((await inspect('aa')).RestartCount).toBe(0);
  });

  test('rm only by force', async () => {
    const id = await runUntilRestarting();
    await expect(remove(false)).rejects.toThrow(
      'cannot remove container "aa": container is restarting: stop the container before removing or force remove',
    );
    await remove(true);
    expect(() => getRow(neighbours.store, id)).toThrow(`No such container: ${id}`);
  });
});

test('while the next life begins, it is between the two', async () => {
  const id = await runUntilRestarting();
  let seen: unknown;
  const { launch } = neighbours.runtime;
  neighbours.runtime.launch = async (request) => {
    const { State } = await inspect('aa');
    const [listed] = await containers.list({ all: false, size: false, filters: {} });
    seen = [State?.Status, State?.Running, State?.Restarting, listed?.Status?.replace(/ \S+ than.*/, '')];
    return launch(request);
  };
  await until('aa', 'running');
  expect(seen).toEqual(['restarting', true, true, 'Restarting (5)']);
  expect(getRow(neighbours.store, id).state).toBe('running');
});

test('an engine that ended while the next life began goes on with it', async () => {
  const id = await runUntilRestarting();
  await containers.close();
  changeRow(neighbours.store, id, { state: 'starting', again: true });
  open();
  await containers.restore();
  await until('aa', 'running');
});

test('the policy that counts is the one at the exit', async () => {
  const id = await run('no');
  const { hostConfig } = getRow(neighbours.store, id);
  changeRow(neighbours.store, id, { hostConfig: { ...hostConfig, RestartPolicy: { Name: 'always' } } });
  end(id, 0);
  await until('aa', 'restarting');
});

test('the next engine goes on with what waited for its turn', async () => {
  const id = await runUntilRestarting();
  await containers.close();
  open();
  await containers.restore();
  await until('aa', 'running');
  expect(getRow(neighbours.store, id).restartCount).toBe(1);
});
