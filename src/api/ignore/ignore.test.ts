import { expect, test } from 'bun:test';
import { parseIgnore } from './file.ts';
import { ignoreMatcher } from './matcher.ts';

test('an ignore file is read line by line', () => {
  expect(parseIgnore('\ufeff# comment\n\n a/./b/ \r\n!/x\n! y/../z\n/\n #not a comment\n')).toEqual([
    'a/b',
    '!x',
    '!z',
    '/',
    '#not a comment',
  ]);
});

/** Patterns, a path, and whether it is left out. */
test('patterns', () => {
  const all: [patterns: string[], path: string, ignored: boolean][] = [
    [['a'], 'a', true],
    [['a'], 'a/b/c', true],
    [['a'], 'b/a', false],
    [['*'], 'a/b', true],
    [['*.log'], 'x/a.log', false],
    [['**/*.log'], 'x/y/a.log', true],
    [['**/*.log'], 'a.log', true],
    [['**/x'], 'x', true],
    [['**/x'], 'axx', false],
    [['a/**'], 'a', false],
    [['a/**'], 'a/b', true],
    [['a/**/b'], 'a/b', true],
    [['a/**/b'], 'a/x/y/b', true],
    [['a?c'], 'abc', true],
    [['a?c'], 'a/c', false],
    [['[a-c]x'], 'bx', true],
    [['[^a]x'], 'ax', false],
    [['a\\*b'], 'a*b', true],
    [['a\\*b'], 'axb', false],
    [['a.b'], 'axb', false],
    [['a', '!a/b'], 'a/b', false],
    [['a', '!a/b'], 'a/c', true],
    [['a', '!a/b', 'a/b/c'], 'a/b/c', true],
    [['!a', 'a'], 'a', true],
    [['**', '!x'], 'x/y', false],
    [['(a|b)+'], 'a', false],
    [['(a|b)+'], '(a|b)+', true],
  ];
  for (const [patterns, path, ignored] of all) {
    expect([patterns, path, ignoreMatcher(patterns).ignores(path)]).toEqual([patterns, path, ignored]);
  }
});

test('patterns that are wrong', () => {
  expect(() => ignoreMatcher(['!'])).toThrow('illegal exclusion pattern: "!"');
  for (const pattern of ['[', '[a', 'a\\', '[]'])
    expect(() => ignoreMatcher([pattern])).toThrow('syntax error in pattern');
});

test('what is left out is walked only where an exception may reach', () => {
  const { prunes } = ignoreMatcher(['node_modules', 'src', 'out', '!src/keep', '!**/x.md', '!out*']);
  expect(prunes('src')).toBe(false);
  expect(prunes('lib')).toBe(false);
  expect(ignoreMatcher(['node_modules', 'src', '!src/keep']).prunes('node_modules')).toBe(true);
  expect(prunes('node_modules')).toBe(false);
});

test('a pattern of many stars takes no time', () => {
  const start = performance.now();
  ignoreMatcher([`${'*a'.repeat(30)}b`]).ignores('a'.repeat(300));
  expect(performance.now() - start).toBeLessThan(2000);
});
