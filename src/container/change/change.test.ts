import { describe, expect, test } from 'bun:test';
import type { ConfigChange } from '../index.ts';
import { getRow } from '../row.ts';
import { actions, containers, neighbours, open, useRoom } from '../testing/room.ts';

useRoom();

const none: ConfigChange = { env: [], envRemove: [], labels: {}, labelsRemove: [], mounts: [], mountsRemove: [] };
const change = (asked: Partial<ConfigChange>, restart = false) =>
  containers.change('aa', { ...none, ...asked }, { restart });
const inspect = () => containers.inspect('aa', { size: false });
const targets = (id: string) =>
  neighbours.store.view((tx) => tx.refs.targetsOf(`container:${id}`).map(({ target }) => target));

async function make(HostConfig: object = {}): Promise<string> {
  const body = {
    Image: 'busybox',
    Cmd: ['x'],
    Env: ['A=1', 'B=2'],
    Labels: { tier: 'front', odd: 'x' },
    HostConfig: { Binds: ['named:/data:ro', '/tmp:/host'], ...HostConfig },
  };
  return (await containers.create({ name: 'aa', body })).Id;
}

const places = async () => (await inspect()).Mounts?.map(({ Destination }) => Destination).toSorted();

describe('one that does not run', () => {
  test('has it at once: variables, labels, mounts and what they hold', async () => {
    const id = await make();
    const { Warnings } = await change({
      env: ['B=3', 'C=4'],
      envRemove: ['A'],
      labels: { tier: 'back' },
      labelsRemove: ['odd'],
      mounts: [
        { Type: 'volume', Source: 'other', Target: '/data' },
        { Type: 'tmpfs', Target: '/run/x' },
      ],
      mountsRemove: ['/data/', '/host', '/anonymous'],
    });
    const { Config, HostConfig } = await inspect();
    expect(Config?.Env).toEqual(['B=3', 'C=4']);
    expect(Config?.Labels).toEqual({ tier: 'back' });
    expect(Config?.Volumes as unknown).toBeNull();
    expect([HostConfig?.Binds as unknown, HostConfig?.Mounts?.map(({ Target }) => Target)]).toEqual([
      null,
      ['/data', '/run/x'],
    ]);
    expect(await places()).toEqual(['/data', '/run/x']);
    expect(targets(id).filter((target) => target.startsWith('volume:'))).toEqual(['volume:other']);
    expect(Warnings).toEqual([expect.stringMatching(/^what was at \/anonymous stays in the volume anonymous\w+$/)]);
    expect(actions).toEqual(['create', 'update']);
    expect(getRow(neighbours.store, id).next).toBeUndefined();
  });

  test.each([
    [{ env: ['=x'] }, 'invalid environment variable: =x'],
    [{ envRemove: ['NOSUCH'] }, 'no such environment variable: NOSUCH'],
    [{ labelsRemove: ['nosuch'] }, 'no such label: nosuch'],
    [{ mountsRemove: ['/nosuch'] }, 'nothing is mounted at /nosuch'],
    [{ mounts: [{ Type: 'volume' as const, Source: 'x', Target: '/host' }] }, 'Duplicate mount point: /host'],
    [
      { mounts: [{ Type: 'bind' as const, Source: '/nosuch', Target: '/b' }] },
      'invalid mount config for type "bind": bind source path does not exist: /nosuch',
    ],
    [{ mounts: [{ Type: 'volume' as const, Target: '/' }] }, "destination can't be '/'"],
  ])('%o is refused, and nothing is changed', async (asked, words) => {
    const id = await make();
    const before = getRow(neighbours.store, id);
    await expect(change({ env: ['NEW=1'], ...asked })).rejects.toThrow(words);
    expect(getRow(neighbours.store, id)).toEqual(before);
  });

  test('a restart is not asked for where nothing needs it', async () => {
    await make();
    await expect(change({ labels: { a: 'b' } }, true)).rejects.toThrow('nothing is to be changed');
  });
});

describe('one that runs', () => {
  test('runs on as it was, and is otherwise from its end on; labels hold at once', async () => {
    const id = await make();
    await containers.start('aa');
    const asked = { env: ['B=3'], labels: { tier: 'back' }, mountsRemove: ['/data'] };
    const first = await change(asked);
    expect(first.Warnings).toEqual(['aa runs on as it was started; the change holds from its next start on']);
    await change({ env: ['C=4'], mounts: [{ Type: 'volume', Source: 'other', Target: '/data' }] });
    expect((await inspect()).Config).toMatchObject({ Env: ['A=1', 'B=2'], Labels: { tier: 'back' } });
    expect(targets(id)).toEqual(expect.arrayContaining(['volume:named', 'volume:other']));
    expect(await inspect()).toMatchObject({
      Tug: { Next: { Env: ['A=1', 'B=3', 'C=4'], Restart: false, Mounts: expect.any(Array) } },
    });
    await containers.update('aa', { RestartPolicy: { Name: 'always' } });
    await containers.stop('aa', {});
    const { Config, HostConfig, ...others } = await inspect();
    expect(others).not.toHaveProperty('Tug');
    expect(Config?.Env).toEqual(['A=1', 'B=3', 'C=4']);
    expect(HostConfig?.RestartPolicy?.Name).toBe('always');
    expect(HostConfig?.Mounts).toEqual([{ Type: 'volume', Source: 'other', Target: '/data' }]);
    expect(targets(id).filter((target) => target.includes(':named'))).toEqual([]);
  });

  test('is restarted where that is asked for, also one that removes itself; its addresses are asked for again', async () => {
    const id = await make({ AutoRemove: true });
    await containers.start('aa');
    const before = await inspect();
    actions.length = 0;
    const attached: unknown[] = [];
    const { attach } = neighbours.networks;
    neighbours.networks.attach = async (request) => {
      attached.push(request.kept);
      return attach(request);
    };
    expect(await change({ env: ['B=3'] }, true)).toEqual({ Warnings: [] });
    const after = await inspect();
    expect([after.State?.Status, after.Config?.Env, after.RestartCount]).toEqual(['running', ['A=1', 'B=3'], 0]);
    expect(after.State?.StartedAt).not.toBe(before.State?.StartedAt as string);
    expect(actions).toEqual(['update', 'kill', 'die', 'stop', 'start', 'restart']);
    expect(attached).toEqual([{ bridge: { v4: '172.17.0.2' } }]);
    await containers.stop('aa', {});
    expect(() => getRow(neighbours.store, id)).toThrow('No such container');
  });

  test('that cannot be stopped lives on, and the change waits', async () => {
    const id = await make();
    await containers.start('aa');
    const process = neighbours.processes.get(id);
    if (!process) throw new Error('it is gone');
    process.signal = async () => {
      throw new Error('no answer');
    };
    await expect(change({ env: ['B=3'] }, true)).rejects.toThrow('no answer');
    expect(getRow(neighbours.store, id)).toMatchObject({ state: 'running', next: { config: { Env: ['A=1', 'B=3'] } } });
    expect(getRow(neighbours.store, id).next?.restart).toBeUndefined();
    process.end({ code: 0 });
  });

  test('and was to be restarted by an engine that was killed, is by the next', async () => {
    const id = await make();
    await containers.start('aa');
    const process = neighbours.processes.get(id);
    if (!process) throw new Error('it is gone');
    neighbours.ignored.add(15);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = process;
    process.signal = () => {
      resolve();
      return new Promise(() => undefined);
    };
    void change({ env: ['B=3'] }, true);
    await promise;
    await containers.close();
    process.signal = signal;
    neighbours.ignored.clear();
    neighbours.recoverable.set(id, process);
    open();
    await containers.restore();
    const isNew = async () => {
      const { Config, State } = await inspect();
      return Config?.Env?.includes('B=3') && State?.Status === 'running';
    };
    for (let tries = 0; tries < 400 && !(await isNew()); tries++) await Bun.sleep(5);
    expect((await inspect()).State?.Status).toBe('running');
    expect((await inspect()).Config?.Env).toEqual(['A=1', 'B=3']);
  });
});
