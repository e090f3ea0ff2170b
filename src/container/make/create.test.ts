import { expect, test } from 'bun:test';
import { EngineError } from '../../kit/index.ts';
import { containers, neighbours, useRoom } from '../testing/room.ts';

useRoom();

const body = { Image: 'busybox', Cmd: ['true'] };
const all = () => containers.list({ all: true, size: false, filters: {} });

test('what cannot be made durable is not there', async () => {
  const flush = neighbours.store.flush;
  neighbours.store.flush = () => Promise.reject(new EngineError('internal', 'input/output error'));
  await expect(containers.create({ name: 'lost', body })).rejects.toThrow('input/output error');
  expect(await all()).toEqual([]);
  expect(neighbours.calls.filter((call) => call.startsWith('snapshots.'))).toHaveLength(2);
  neighbours.store.flush = flush;
  await containers.create({ name: 'lost', body });
  expect(await all()).toHaveLength(1);
});

test('a client hears of a container, and of its removal, once it is on the disk', async () => {
  const order: string[] = [];
  const { promise: waiting, resolve } = Promise.withResolvers<void>();
  neighbours.store.flush = () => waiting;
  const made = containers.create({ name: 'slow', body }).then(() => order.push('told'));
  await Bun.sleep(20);
  expect(await all()).toHaveLength(1);
  order.push('on the disk');
  resolve();
  await made;
  const later = Promise.withResolvers<void>();
  neighbours.store.flush = () => later.promise;
  const gone = containers.remove('slow', { force: false, volumes: false, link: false }).then(() => order.push('gone'));
  await Bun.sleep(20);
  expect(await all()).toEqual([]);
  order.push('on the disk');
  later.resolve();
  await gone;
  expect(order).toEqual(['on the disk', 'told', 'on the disk', 'gone']);
});
