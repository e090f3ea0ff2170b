import { expect, test } from 'bun:test';
import { outliveParent } from './core-image.ts';

const head = [0x54, 0x56, 0x43, 0x19, 0x01, 0x10, 0x05, 0x55, 0, 0, 0, 0];
/** mtype 62; thread_info of three bytes; a thread_core with a length, a nice value of ten bytes, and what is given. */
function image(core: number[]): Uint8Array {
  const nice = [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const thread = [0x10, 0x18, ...nice, ...core];
  return new Uint8Array([
    ...head,
    0x08,
    0x3e,
    0x12,
    3,
    0x38,
    0x09,
    0x09,
    0x2a,
    thread.length,
    ...thread,
    0x32,
    1,
    0x38,
  ]);
}

test('the signal at the death of the parent becomes none, and nothing else changes', () => {
  const one = image([0x40, 0x09, 0x52, 1, 0x40]);
  expect(outliveParent(one)).toBe(true);
  expect(one).toEqual(image([0x40, 0x00, 0x52, 1, 0x40]));
  const long = image([0x40, 0xc0, 0x00]);
  expect(outliveParent(long)).toBe(true);
  expect(long).toEqual(image([0x40, 0x80, 0x00]));
});

test('a process without it stays as it is; what is no image is refused', () => {
  const none = image([0x52, 1, 0x40]);
  expect(outliveParent(none)).toBe(false);
  expect(none).toEqual(image([0x52, 1, 0x40]));
  expect(() => outliveParent(image([0x40]).subarray(0, 24))).toThrow('malformed');
  expect(() => outliveParent(new Uint8Array([...head, 0x2a, 0xff, 0xff, 0x03]))).toThrow('malformed');
});
