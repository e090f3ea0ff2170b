import { expect, test } from 'bun:test';
import { changeRow, getRow } from '../../row.ts';
import { containers, neighbours, open, useRoom } from '../../testing/room.ts';
import { dependenciesOf, inOrder } from './order.ts';

useRoom();

const make = async (name: string, HostConfig: object = {}): Promise<string> =>
  (await containers.create({ name, body: { Image: 'busybox', Cmd: ['x'], HostConfig } })).Id;

test('links, shared namespaces and volumes are what a start needs', async () => {
  const [net, pid, data, db] = [await make('net'), await make('pid'), await make('data'), await make('db')];
  const id = await make('web', {
    NetworkMode: 'container:net',
    PidMode: 'container:pid',
    VolumesFrom: ['data:ro', 'nosuch'].slice(0, 1),
  });
  const { store } = neighbours;
  expect(dependenciesOf(store, getRow(store, id))).toEqual([net, pid, data]);
  const linked = await make('front', { Links: ['db:sql'] });
  expect(dependenciesOf(store, getRow(store, linked))).toEqual([db]);
  const { hostConfig } = getRow(store, linked);
  const gone = changeRow(store, linked, { links: [], hostConfig: { ...hostConfig, NetworkMode: 'container:gone' } });
  expect(dependenciesOf(store, gone)).toEqual([]);
});

test('each after those it depends on, circles and strangers notwithstanding', async () => {
  const done: string[] = [];
  const needs = new Map([
    ['a', ['b', 'c']],
    ['b', ['c', 'elsewhere']],
    ['c', []],
    ['x', ['y']],
    ['y', ['x']],
    ['self', ['self']],
  ]);
  await inOrder(needs, async (key) => {
    await Bun.sleep(key === 'c' ? 20 : 1);
    done.push(key);
  });
  expect(done.filter((key) => 'abc'.includes(key))).toEqual(['c', 'b', 'a']);
  expect(done.toSorted()).toEqual(['a', 'b', 'c', 'self', 'x', 'y']);
});

test('after a loss of power a donor comes up before those that use it', async () => {
  const policy = { RestartPolicy: { Name: 'always' } };
  // The one made first would be the first to start.
  const web = await make('web', { ...policy, NetworkMode: 'container:net' });
  const net = await make('net', policy);
  await containers.start('net');
  await containers.start('web');
  await containers.close();
  const { launch } = neighbours.runtime;
  const begun: string[] = [];
  neighbours.runtime.launch = async (request) => {
    begun.push(request.id);
    if (request.id === net) await Bun.sleep(30);
    return launch(request);
  };
  open();
  await containers.restore();
  const state = async (name: string) => (await containers.inspect(name, { size: false })).State?.Status;
  for (let tries = 0; tries < 400 && (await state('web')) !== 'running'; tries++) await Bun.sleep(5);
  expect([await state('net'), await state('web')]).toEqual(['running', 'running']);
  expect(begun).toEqual([net, web]);
});
