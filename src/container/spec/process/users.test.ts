import { expect, test } from 'bun:test';
import { group, passwd, rootOf } from '../fixture.ts';
import { homeOf, lookupGroups, lookupUser } from './users.ts';

const root = rootOf({ '/etc/passwd': passwd, '/etc/group': group });

test.each([
  ['', 0, [0, 29]],
  ['root', 0, [0, 29]],
  ['alice', 1000, [1000, 29, 44]],
  ['1000', 1000, [1000, 29, 44]],
  ['alice:video', 1000, [44]],
  ['alice:7', 1000, [7]],
  ['1234', 1234, [0]],
  ['1234:5678', 1234, [5678]],
  [':29', 0, [29]],
])('%p', (spec, uid, additionalGids) => {
  expect(lookupUser(spec, root)).toEqual({ uid, gid: additionalGids[0] ?? -1, additionalGids });
});

test.each([
  ['nobody2', 'unable to find user nobody2: no matching entries in passwd file'],
  ['-1', 'uids and gids must be in range 0-2147483647'],
  ['2147483648', 'uids and gids must be in range 0-2147483647'],
  ['alice:nogrp', 'unable to find group nogrp: no matching entries in group file'],
  ['0:2147483648', 'uids and gids must be in range 0-2147483647'],
])('%p is refused', (spec, words) => {
  expect(() => lookupUser(spec, root)).toThrow(words);
});

test('a root without the files knows numbers only', () => {
  const empty = rootOf({});
  expect(lookupUser('', empty)).toEqual({ uid: 0, gid: 0, additionalGids: [0] });
  expect(lookupUser('5:6', empty)).toEqual({ uid: 5, gid: 6, additionalGids: [6] });
  expect(() => lookupUser('root', empty)).toThrow('unable to find user root');
  expect(homeOf(0, empty)).toBe('/');
});

test('additional groups by name or number', () => {
  expect(lookupGroups(['audio', '44', '99', 'audio'], root)).toEqual([29, 44, 99]);
  expect(() => lookupGroups(['nogrp'], root)).toThrow('unable to find group nogrp: no matching entries in group file');
  expect(() => lookupGroups(['-3'], root)).toThrow('uids and gids must be in range 0-2147483647');
});

test('the home of the first entry with the id', () => {
  expect(homeOf(1000, root)).toBe('/home/alice');
  expect(homeOf(1234, root)).toBe('/');
});
