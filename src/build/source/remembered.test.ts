import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Level, rememberedLevels } from './remembered.ts';

let parent = '';
let copy = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tug-remembered-'));
  copy = join(parent, 'copy');
  mkdirSync(copy);
});
afterEach(() => rmSync(parent, { recursive: true }));

/** Two directories with a file each; what it says of the second one. */
const listed = (size: number, nanoseconds = 0): Map<string, Level> => {
  const file = (path: string, bytes: number) => ({
    entry: { path, kind: 'file', mode: 0o644, size: bytes, modified: { seconds: 1, nanoseconds } } as const,
    place: 0,
  });
  return new Map([
    ['', { names: new Map([['f', file('f', 1)]]) }],
    ['d', { names: new Map([['g', file('d/g', size)]]) }],
  ]);
};

const changed = (levels: Map<string, Level>) => [...rememberedLevels(copy).changed(levels)];

function kept(levels: Map<string, Level>): void {
  const memory = rememberedLevels(copy);
  memory.changed(levels);
  memory.keep();
}

test('what is as it was kept need not be looked at, and only that', () => {
  expect(changed(listed(1))).toEqual(['', 'd']);
  kept(listed(1));
  expect(changed(listed(1))).toEqual([]);
  expect(changed(listed(2))).toEqual(['d']);
});

test('a copy that was begun to be changed is not known any more', () => {
  kept(listed(1));
  expect(changed(listed(2))).toEqual(['d']);
  expect(changed(listed(1))).toEqual(['', 'd']);
});

test('of another directory in its place, or by half a file, nothing is known', () => {
  kept(listed(1));
  const written = readFileSync(`${copy}.json`, 'utf8');
  writeFileSync(`${copy}.json`, written.replace(/"inode":\d+/, '"inode":1'));
  expect(changed(listed(1))).toEqual(['', 'd']);
  writeFileSync(`${copy}.json`, written.slice(0, 20));
  expect(changed(listed(1))).toEqual(['', 'd']);
});
