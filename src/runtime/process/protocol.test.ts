import { expect, test } from 'bun:test';
import { createMessageReader, helloBytes, requestBytes } from './protocol.ts';

const frame = (letter: string, body: Buffer) => {
  const head = Buffer.alloc(8);
  head.write(letter, 0);
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
};
const exit = Buffer.alloc(16);
exit.writeUInt32LE(137, 0);
exit.writeUInt32LE(1, 4);
exit.writeBigUInt64LE(1_700_000_000_123_000_000n, 8);

test('messages are the same however the stream is cut', () => {
  const stream = Buffer.concat([Buffer.from('TUG\x01'), frame('R', Buffer.alloc(0)), frame('X', exit)]);
  for (let size = 1; size <= stream.length; size++) {
    const read = createMessageReader();
    const messages = [];
    for (let at = 0; at < stream.length; at += size) messages.push(...read(stream.subarray(at, at + size)));
    expect(messages).toEqual([
      { type: 'ready' },
      { type: 'exited', code: 137, oom: true, at: new Date(1_700_000_000_123) },
    ]);
  }
});

test('another version, another message: refused', () => {
  expect(() => createMessageReader()(Buffer.from('TUG\x02'))).toThrow('another version');
  expect(() => createMessageReader()(Buffer.concat([Buffer.from('TUG\x01'), frame('?', Buffer.alloc(0))]))).toThrow(
    'said',
  );
});

test('what the engine says', () => {
  expect(Buffer.from(helloBytes('attach', 7)).toString('hex')).toBe('545547014107');
  expect(Buffer.from(requestBytes({ type: 'resize', rows: 2, columns: 3 })).toString('hex')).toBe(
    '770000000200000003000000',
  );
  expect(Buffer.from(requestBytes({ type: 'signal', signal: 9 })).toString('hex')).toBe('6b0000000900000000000000');
});
