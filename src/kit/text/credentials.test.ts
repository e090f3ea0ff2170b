import { expect, test } from 'bun:test';
import { withoutCredentials } from './credentials.ts';

test.each([
  ['http://proxy:3128', 'http://proxy:3128'],
  ['http://me:secret@proxy:3128/x@y', 'http://xxxxx:xxxxx@proxy:3128/x@y'],
  ['https://me:a@b@proxy', 'https://xxxxx:xxxxx@proxy'],
  ['a.example,b.example', 'a.example,b.example'],
])('%s is shown without what is secret', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
