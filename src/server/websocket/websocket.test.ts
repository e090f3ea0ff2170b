import { expect, test } from 'bun:test';
import { frame } from '../../api/index.ts';
import { createDeframer } from './deframe.ts';
import { createFrameReader, encodeFrame, opcodes } from './frames.ts';
import { answerHandshake } from './handshake.ts';

const asked = {
  upgrade: 'websocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};
const answer = (fields: Record<string, string>) => answerHandshake(new Map(Object.entries({ ...asked, ...fields })));

test('the handshake of RFC 6455', () => {
  expect(answer({})).toEqual({
    accepted: true,
    text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  });
  expect(answer({ 'sec-websocket-protocol': 'chat' }).text).toContain('Sec-WebSocket-Protocol: chat\r\n');
  for (const fields of [{ upgrade: 'tcp' }, { 'sec-websocket-key': '' }, { 'sec-websocket-protocol': 'a, b' }]) {
    expect(answer(fields).accepted).toBe(false);
  }
  expect(answer({ 'sec-websocket-version': '8' }).text).toContain('Sec-WebSocket-Version: 13\r\n\r\n');
});

function masked(opcode: number, payload: Buffer, fin = true): Buffer {
  const bytes = encodeFrame(opcode as 1, payload);
  const head = bytes.subarray(0, bytes.length - payload.length);
  head[1] = (head[1] ?? 0) | 0x80;
  if (!fin) head[0] = (head[0] ?? 0) & 0x7f;
  const mask = Buffer.from([1, 2, 3, 250]);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))]);
}

function read(bytes: Buffer, step: number): { data: string; controls: string[] } {
  const heard = { data: '', controls: [] as string[] };
  const take = createFrameReader({
    data: (piece) => {
      heard.data += piece.toString('latin1');
    },
    control: (opcode, payload) => void heard.controls.push(`${opcode} ${payload}`),
  });
  for (let at = 0; at < bytes.length; at += step) take(bytes.subarray(at, at + step));
  return heard;
}

test('frames of every length, in pieces of every size, with a ping between the parts of a message', () => {
  const long = Buffer.alloc(70_000, 'x');
  const bytes = Buffer.concat([
    masked(opcodes.binary, Buffer.from('one'), false),
    masked(opcodes.ping, Buffer.from('p')),
    masked(opcodes.continuation, Buffer.alloc(200, 'y')),
    masked(opcodes.text, Buffer.alloc(0)),
    masked(opcodes.text, long),
    masked(opcodes.close, Buffer.alloc(0)),
  ]);
  for (const step of [1, 7, 4096, bytes.length]) {
    expect(read(bytes, step)).toEqual({ data: `one${'y'.repeat(200)}${long}`, controls: ['9 p', '8 '] });
  }
});

test.each([
  ['not masked', encodeFrame(opcodes.text, Buffer.from('a'))],
  ['an unknown opcode', masked(3, Buffer.from('a'))],
  ['a long ping', masked(opcodes.ping, Buffer.alloc(126))],
  ['a ping in parts', masked(opcodes.ping, Buffer.from('a'), false)],
  ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
  ['a length beyond reason', Buffer.from([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0])],
])('%s is refused', (_, bytes) => {
  expect(() => read(bytes, bytes.length)).toThrow('websocket');
});

test('the multiplexed stream without its heads, however it is cut', () => {
  const bytes = Buffer.concat([
    frame('stdout', Buffer.from('ab')),
    frame('stderr', Buffer.alloc(0)),
    frame('stderr', Buffer.from('c')),
  ]);
  for (const step of [1, 3, bytes.length]) {
    const deframe = createDeframer();
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += step) pieces.push(...deframe(bytes.subarray(at, at + step)));
    expect(Buffer.concat(pieces).toString()).toBe('abc');
  }
});
