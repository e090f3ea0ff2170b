import { expect, test } from 'bun:test';
import { ownerMapBetween, parseOwner, parseOwnerMap, rangesOf } from './mount-owners.ts';

test('ranges swap ids, of users, groups or both', () => {
  expect(parseOwnerMap('1000:0')).toEqual({
    uids: [{ host: 1000, container: 0, count: 1 }],
    gids: [{ host: 1000, container: 0, count: 1 }],
  });
  expect(parseOwnerMap('u1000:0+g100:50:10')).toEqual({
    uids: [{ host: 1000, container: 0, count: 1 }],
    gids: [{ host: 100, container: 50, count: 10 }],
  });
});

test.each(['', 'x', '1', '1:2:0', '1:2:3', '0:5+5:9', '4294967295:0', '4294967290:0:9', '1:2,3:4', '-1:0', 'b1:2'])(
  '%o is no map',
  (text) => {
    expect(parseOwnerMap(text)).toBeUndefined();
  },
);

test('what no range names stays what it is', () => {
  const { uids } = ownerMapBetween({ uid: 1000, gid: 1000 }, { uid: 33, gid: 33 });
  expect(rangesOf(uids)).toEqual([
    { inside: 0, outside: 0, count: 33 },
    { inside: 33, outside: 1000, count: 1 },
    { inside: 34, outside: 34, count: 966 },
    { inside: 1000, outside: 33, count: 1 },
    { inside: 1001, outside: 1001, count: 2 ** 32 - 2 - 1000 },
  ]);
  expect(rangesOf([{ host: 7, container: 7, count: 1 }])).toEqual([{ inside: 0, outside: 0, count: 2 ** 32 - 1 }]);
});

test('with ids of its own the container sees those that were named', () => {
  const seenAs = (id: number) => (id < 100 ? 500_000 + id : undefined);
  const swaps = [
    { host: 1000, container: 0, count: 10 },
    { host: 2000, container: 95, count: 10 },
  ];
  expect(rangesOf(swaps, seenAs)).toEqual([{ inside: 1000, outside: 500_000, count: 10 }]);
});

test('an owner is numbers', () => {
  expect(['5', '5:6', 'x', '5:', '-1', '4294967295'].map(parseOwner)).toEqual([
    { uid: 5, gid: undefined },
    { uid: 5, gid: 6 },
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
