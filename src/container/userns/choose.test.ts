import { afterAll, expect, test } from 'bun:test';
import { createMemoryStore, type Store } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { type ContainerRow, rowsOf } from '../row.ts';
import { facts } from '../spec/fixture.ts';
import { checkUserns, chooseIds } from './choose.ts';

const range = (hostID: number, size = 65_536) => [{ containerID: 0, hostID, size }];
const mapping = (hostID: number, size?: number) => ({ uids: range(hostID, size), gids: range(hostID, size) });

const stores: Store[] = [];
afterAll(() => {
  for (const store of stores) store.close();
});

function contextWith(...containers: [id: string, ids: ReturnType<typeof mapping> | undefined][]): Context {
  const store = createMemoryStore();
  stores.push(store);
  store.update((tx) => {
    for (const [id, ids] of containers) {
      rowsOf(tx).put(id, { id, name: id, state: 'created', ...(ids && { ids }) } as ContainerRow);
    }
  });
  return {
    store,
    facts: { ...facts, defaults: { ids: mapping(100_000) } },
    idsInMaking: new Set(),
  } as unknown as Context;
}

test('the host’s, the engine’s, or a range of its own', () => {
  const context = contextWith();
  expect(chooseIds(context, { UsernsMode: 'host' })).toBeUndefined();
  expect(chooseIds(context, {})).toEqual(mapping(100_000));
  expect(chooseIds(context, { UsernsMode: 'auto' })).toEqual(mapping(0x80000));
  expect(chooseIds(context, { UsernsMode: 'auto:size=10' })).toEqual(mapping(0x80000, 10));
  for (const mode of ['auto:', 'auto:size=0', 'auto:size=x', 'private', 'x']) {
    expect(() => chooseIds(context, { UsernsMode: mode })).toThrow(`invalid user namespace mode: ${mode}`);
  }
  expect(() => chooseIds(context, { UsernsMode: 'auto:size=99999999' })).not.toThrow();
});

test('no range is given twice, gaps are used, and one that is being made counts', () => {
  const context = contextWith(['a', mapping(0x80000)], ['b', mapping(0xa0000)], ['c', undefined]);
  expect(chooseIds(context, { UsernsMode: 'auto' })?.uids).toEqual(range(0x90000));
  context.idsInMaking.add({ containerID: 0, hostID: 0x90000, size: 100 });
  expect(chooseIds(context, { UsernsMode: 'auto' })?.uids).toEqual(range(0xb0000));
  expect(chooseIds(context, { UsernsMode: 'auto', NetworkMode: 'container:b' })?.uids).toEqual(range(0xa0000));
});

test('what cannot be with ids of its own', () => {
  expect(() => checkUserns({ Privileged: true }, mapping(1))).toThrow('privileged mode is incompatible');
  expect(() => checkUserns({ NetworkMode: 'host' }, mapping(1))).toThrow("cannot share the host's network namespace");
  expect(() => checkUserns({ Privileged: true }, undefined)).not.toThrow();
});
