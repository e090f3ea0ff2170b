import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ignoreMatcher } from '../../../../api/ignore/index.ts';
import { listTree } from './tree.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-tree-'));
  for (const path of ['a/1', 'a/2', 'a/deep/er/3', 'b/1', 'b/x.ts', 'b/y.ts', 'top', 'w*ld', 'wild']) {
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    writeFileSync(join(directory, path), path);
  }
  const links = {
    up: '..',
    'b/to-a': '../a',
    'b/whole': '/b/y.ts',
    'b/out': '../../../../etc/passwd',
    c: 'c',
    d: 'b/to-a',
  };
  for (const [path, text] of Object.entries(links)) symlinkSync(text, join(directory, path));
});
afterEach(() => rmSync(directory, { recursive: true }));

const everything =
  'a a/1 a/2 a/deep a/deep/er a/deep/er/3 b b/1 b/out b/to-a b/whole b/x.ts b/y.ts c d top up w*ld wild';

test.each([
  ['/', everything],
  ['/top', 'top'],
  ['/a/deep', 'a a/deep a/deep/er a/deep/er/3'],
  ['/a/deep/er/3 /a/1', 'a a/1 a/deep a/deep/er a/deep/er/3'],
  ['/a/deep/er/3 /a', 'a a/1 a/2 a/deep a/deep/er a/deep/er/3'],
  ['/a /a/deep', 'a a/1 a/2 a/deep a/deep/er a/deep/er/3'],
  ['/b/*.ts', 'b b/x.ts b/y.ts'],
  ['/*/1', 'a a/1 b b/1 d c b/to-a up'],
  ['/a/**', 'a a/1 a/2 a/deep a/deep/er a/deep/er/3'],
  ['/**/3', everything],
  ['/w\\*ld', 'w*ld'],
  ['/w*ld', 'w*ld wild'],
  ['/[a-b]/1', 'a a/1 b b/1'],
  ['/[z-a]/1', ''],
  ['/nothing /a/1/below', 'a'],
  // Symlinks, and what they lead to.
  ['/b/to-a/1', 'a a/1 b b/to-a'],
  ['/b/to-a', 'a a/1 a/2 a/deep a/deep/er a/deep/er/3 b b/to-a'],
  ['/b/to-a/1 /b/to-a/2', 'a a/1 a/2 b b/to-a'],
  ['/d/deep/er', 'a a/deep a/deep/er a/deep/er/3 b b/to-a d'],
  ['/b/whole', 'b b/whole b/y.ts'],
  // No way leads out of it.
  ['/b/out', 'b b/out'],
  ['/c', 'c'],
  ['/c/1', 'c'],
  ['/up/top', 'top up'],
])('of a directory only what %s leads to is listed', (paths, names) => {
  const { entries } = listTree(directory, { paths: paths.split(' ') });
  expect(entries.map(([path]) => path).toSorted()).toEqual(names === '' ? [] : names.split(' ').toSorted());
});

test('what is left out is so where a path leads to it, too', () => {
  const leaves = ignoreMatcher(['a/deep', 'b', '!b/1']);
  const named = (...paths: string[]) => listTree(directory, { leaves, paths }).entries.map(([path]) => path);
  expect(named('/a')).toEqual(['a', 'a/1', 'a/2']);
  expect(named('/a/deep/er/3')).toEqual(['a']);
  expect(named('/b')).toEqual(['b', 'b/1']);
  expect(named('/b/x.ts')).toEqual([]);
});

test('names that are no UTF-8 are found by their bytes', () => {
  const name = Buffer.from([0xff, 0x61]);
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/a/`), name]), '');
  const { entries } = listTree(directory, { paths: [`/a/${name.toString('latin1')}`, '/b/1'] });
  expect(entries.map(([path]) => path)).toEqual(['a', `a/${name.toString('latin1')}`, 'b', 'b/1']);
});
