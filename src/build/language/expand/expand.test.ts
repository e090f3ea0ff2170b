// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the words are a Dockerfile's

import { expect, test } from 'bun:test';
import { expand } from './expand.ts';

const env = new Map([
  ['A', 'x y'],
  ['LONG', 'a'.repeat(20_000)],
]);

test('words are what blanks part, unless they are quoted, escaped or of a heredoc', () => {
  const all: [text: string, words: string[]][] = [
    ['a  b', ['a', 'b']],
    ['$A', ['x', 'y']],
    ['"$A" z', ['x y', 'z']],
    ["'$A'", ['$A']],
    ['a\\ b', ['a b']],
    ['cat << EOF', ['cat', '<< EOF']],
    ['', []],
  ];
  for (const [text, words] of all) expect(expand(text, env).words).toEqual(words);
});

test('what was asked for is told', () => {
  const { matched, unmatched } = expand('$A ${B:-$C} ${A+$D}', env);
  expect([...matched]).toEqual(['A']);
  expect([...unmatched]).toEqual(['C', 'B', 'D']);
});

test('modes', () => {
  expect(expand('"a" \\$b', env, { rawQuotes: true }).text).toBe('"a" $b');
  expect(expand('a\\ b', env, { rawEscapes: true }).text).toBe('a\\ b');
  expect(expand(`"$A" it's`, env, { plainQuotes: true }).text).toBe(`"x y" it's`);
  expect(expand('$B ${C} ${D:-x} ${E/a/b}', env, { keepUnset: true }).text).toBe('$B ${C} ${D:-x} ${E/a/b}');
  expect(expand('`$A \\n', env, { escape: '`' }).text).toBe('$A \\n');
});

test('a pattern of many stars takes no time', () => {
  const start = performance.now();
  expect(expand(`\${LONG#${'*a'.repeat(20)}*b}`, env).text).toBe(env.get('LONG') ?? '');
  expect(performance.now() - start).toBeLessThan(2000);
});
