import { expect, test } from 'bun:test';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { frame } from '../../api/index.ts';
import { createRecoder } from './recode.ts';

test('a terminal’s bytes in frames, each chunk one', async () => {
  const framed = await buffer(Readable.from([Buffer.from('one'), Buffer.from('two')]).pipe(createRecoder(true)));
  expect(framed).toEqual(Buffer.concat([frame('stdout', Buffer.from('one')), frame('stdout', Buffer.from('two'))]));
});

test('frames taken apart, however they are cut', async () => {
  const framed = Buffer.concat([frame('stdout', Buffer.from('out')), frame('stderr', Buffer.from('err'))]);
  const bytes = [...framed].map((byte) => Buffer.from([byte]));
  expect((await buffer(Readable.from(bytes).pipe(createRecoder(false)))).toString()).toBe('outerr');
});
