import { expect, test } from 'bun:test';
import { buildFrame, buildFrames, buildMessage, createBuildReader } from './build-session.ts';

/** What a reader says of bytes that come in pieces of a length: frames of a channel joined, as their cuts mean nothing. */
function read(bytes: Uint8Array, length: number): [kind: number, channel: number, text: string][] {
  const found: [number, number, string][] = [];
  const reader = createBuildReader((kind, channel, payload) => {
    const last = found.at(-1);
    if (kind === buildFrames.data && last?.[0] === kind && last[1] === channel) last[2] += payload.toString();
    else found.push([kind, channel, payload.toString()]);
  });
  for (let at = 0; at < bytes.length; at += length) reader(bytes.subarray(at, at + length));
  return found;
}

const secret = { secret: { id: 'one', data: null } };
const { message, data, end } = buildFrames;
const frames = Buffer.concat([
  buildMessage(secret),
  buildFrame(data, 7, Buffer.from('the contents of ')),
  buildFrame(data, 7, Buffer.from('a file')),
  buildFrame(data, 0xffffff, Buffer.from('another')),
  buildFrame(end, 7, new Uint8Array(0)),
  buildMessage(secret),
]);

test.each([1, 3, 8, 9, 20, 1000])('frames are the same however they are cut: every %d bytes', (length) => {
  expect(read(frames, length)).toEqual([
    [message, 0, JSON.stringify(secret)],
    [data, 7, 'the contents of a file'],
    [data, 0xffffff, 'another'],
    [end, 7, ''],
    [message, 0, JSON.stringify(secret)],
  ]);
});

test('a channel gets what has come of a frame before the rest is there', () => {
  const seen: string[] = [];
  const reader = createBuildReader((_kind, _channel, payload) => void seen.push(payload.toString()));
  const frame = buildFrame(buildFrames.data, 1, Buffer.from('abcdef'));
  reader(frame.subarray(0, 10));
  expect(seen).toEqual(['ab']);
  reader(frame.subarray(10));
  expect(seen).toEqual(['ab', 'cdef']);
});

test('a frame that nobody sends honestly is refused by its head', () => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(1 << 24, 0);
  head.writeUInt32BE((64 << 20) + 1, 4);
  expect(() => createBuildReader(() => undefined)(head)).toThrow('a frame of the build is too long');
});
