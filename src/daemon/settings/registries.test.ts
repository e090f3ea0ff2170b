import { expect, test } from 'bun:test';
import { prefixesOf } from './registries.ts';

const read = (value: Record<string, unknown>) => prefixesOf(new Map(Object.entries(value)));

test('mirrors, blocks and TLS by prefix', () => {
  expect(read({ 'docker.io/library/': { mirrors: ['https://m.example/hub'] } })).toEqual({
    'docker.io/library': { mirrors: ['https://m.example/hub/'], blocked: false },
  });
  expect(read({ 'localhost:5000': { insecure: false }, 'a.example/b': { blocked: true } })).toEqual({
    'localhost:5000': { mirrors: [], blocked: false, insecure: false },
    'a.example/b': { mirrors: [], blocked: true },
  });
});

const bad: [prefix: string, value: unknown, words: string][] = [
  ['library', {}, 'invalid registry prefix "library": it must be a registry, or one with a path'],
  ['docker.io/UPPER', {}, 'invalid registry prefix'],
  ['a.example', { mirror: [] }, 'registry a.example: option mirror is not known'],
  ['a.example', { mirrors: 'https://m.example' }, 'registry a.example: mirrors must be a list of URLs'],
  ['a.example', { mirrors: ['ftp://m.example'] }, 'invalid mirror'],
  ['a.example', { blocked: 'yes' }, 'registry a.example: blocked must be true or false'],
  ['a.example', { insecure: 1 }, 'registry a.example: insecure must be true or false'],
];
for (const [prefix, value, words] of bad) {
  test(`${prefix} ${JSON.stringify(value)} is refused`, () => {
    expect(() => read({ [prefix]: value })).toThrow(words);
  });
}
