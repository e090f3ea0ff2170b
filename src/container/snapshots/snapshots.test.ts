import { expect, test } from 'bun:test';
import { changeRow, getRow } from '../row.ts';
import { actions, containers, neighbours, open, useRoom } from '../testing/room.ts';
import { snapshotsOf } from './records.ts';

useRoom();

const make = async () => (await containers.create({ name: 'aa', body: { Image: 'busybox', Cmd: ['x'] } })).Id;
const take = (name = '', pause = true) => containers.createSnapshot('aa', { name, comment: 'why', pause });

test('are taken under a name, listed, counted, rolled back to and removed', async () => {
  const id = await make();
  expect(await take('first')).toMatchObject({ Name: 'first', Comment: 'why', Size: expect.any(Number) });
  expect((await take()).Name).toBe('snap-2');
  const names = () => containers.listSnapshots('aa').map(({ Name }) => Name);
  expect(names()).toEqual(['first', 'snap-2']);
  const listed = async (snapshots: boolean) =>
    (await containers.list({ all: true, size: true, snapshots, filters: {} }))[0]?.SizeRw;
  const kept = snapshotsOf(neighbours.store, id).reduce((sum, { Size }) => sum + Size, 0);
  expect(kept).toBeGreaterThan(0);
  expect([await listed(false), await listed(true)]).toEqual([3, 3 + kept]);
  await containers.rollBack('aa', 'first');
  await containers.removeSnapshot('aa', 'first');
  expect(names()).toEqual(['snap-2']);
  expect(neighbours.calls.filter((call) => call.startsWith('frozen')).slice(-2)).toEqual([
    'frozen.rollBack first',
    'frozen.drop first',
  ]);
  expect(actions).toEqual(['create', 'snapshot', 'snapshot', 'rollback', 'snapshot_remove']);
  await containers.remove('aa', { force: false, volumes: false, link: false });
  expect(snapshotsOf(neighbours.store, id)).toEqual([]);
});

test('what cannot be is refused', async () => {
  await make();
  await take('first');
  await expect(take('first')).rejects.toThrow('container aa has a snapshot first already');
  await expect(take('../x')).rejects.toThrow('Invalid snapshot name (../x)');
  await expect(containers.rollBack('aa', 'nosuch')).rejects.toThrow('No such snapshot of container aa: nosuch');
  await expect(containers.removeSnapshot('aa', 'nosuch')).rejects.toThrow('No such snapshot of container aa: nosuch');
  await containers.start('aa');
  await expect(containers.rollBack('aa', 'first')).rejects.toThrow('container aa is running: stop it before');
});

test('a running container stands still meanwhile, unless told otherwise', async () => {
  const id = await make();
  await containers.start('aa');
  const { frozen } = neighbours.snapshots;
  const seen: unknown[] = [];
  neighbours.snapshots = {
    ...neighbours.snapshots,
    frozen: {
      ...frozen,
      freeze: async () => {
        seen.push(neighbours.processes.get(id)?.frozen);
        return 1;
      },
    },
  };
  await containers.close();
  const container = neighbours.processes.get(id);
  if (!container) throw new Error('it is gone');
  neighbours.recoverable.set(id, container);
  open();
  await containers.restore();
  await take('still');
  await take('moving', false);
  expect(seen).toEqual([true, false]);
  expect((await containers.inspect('aa', { size: false })).State?.Paused).toBe(false);
});

test('one that an engine left standing still for its own work goes on in the next', async () => {
  const id = await make();
  await containers.start('aa');
  await containers.close();
  const container = neighbours.processes.get(id);
  if (!container) throw new Error('it is gone');
  container.frozen = true;
  changeRow(neighbours.store, id, { briefly: true, paused: true });
  neighbours.recoverable.set(id, container);
  open();
  await containers.restore();
  expect(container.frozen).toBe(false);
  expect(getRow(neighbours.store, id)).toMatchObject({ state: 'running', paused: false });
  expect(getRow(neighbours.store, id).briefly).toBeUndefined();
});
