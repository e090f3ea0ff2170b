import { expect, test } from 'bun:test';
import { baseName, cleanPath } from './path-stat.ts';

const paths: [given: string, clean: string, base: string][] = [
  ['/', '/', '/'],
  ['.', '/.', '.'],
  ['./', '/./', '.'],
  ['/./', '/./', '.'],
  ['/a/../b', '/b', 'b'],
  ['a/b/', '/a/b/', 'b'],
  ['a/b/.', '/a/b/.', '.'],
  ['a/b/./', '/a/b/./', '.'],
  ['..', '/', '/'],
];
test.each(paths)('%p is %p, packed as %p', (given, clean, base) => {
  expect([cleanPath(given), baseName(cleanPath(given))]).toEqual([clean, base]);
});
