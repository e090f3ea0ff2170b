import { describe, expect, test } from 'bun:test';
import { createDetachScanner, parseDetachKeys } from './attach/detach-keys.ts';
import { createClock, formatTime, parseTime, secondsOf } from './clock.ts';
import { nextDelay } from './life/again/restart-policy.ts';
import { parseSignal } from './life/end/signals.ts';
import { humanDuration } from './view/status-text.ts';

describe('times', () => {
  test.each([
    [0n, '1970-01-01T00:00:00Z'],
    [1_500_000_000_280_129_650n, '2017-07-14T02:40:00.28012965Z'],
    [1_500_000_000_000_000_001n, '2017-07-14T02:40:00.000000001Z'],
  ])('%p is %s and back', (time, text) => {
    expect(formatTime(time)).toBe(text);
    expect(secondsOf(text)).toBe(Number(time / 1_000_000_000n));
    expect(parseTime(text)).toBe(time);
  });

  test('the clock never gives a time twice', () => {
    const clock = createClock();
    const times = Array.from({ length: 1000 }, () => clock());
    expect(new Set(times).size).toBe(1000);
    expect(times).toEqual(times.toSorted((one, other) => Number(one - other)));
  });
});

describe('detach keys', () => {
  test('what they stand for', () => {
    expect(parseDetachKeys('')).toEqual([16, 17]);
    expect(parseDetachKeys('ctrl-@,a,ctrl-],ctrl-z')).toEqual([0, 97, 29, 26]);
    expect(() => parseDetachKeys('ctrl-a,foo')).toThrow('Invalid escape keys (ctrl-a,foo) provided');
  });

  test.each([
    ['in one go', ['a\x10\x11b'], 'a', true],
    ['in two', ['\x10', '\x11'], '', true],
    ['a prefix that was none', ['\x10', 'x\x10\x10\x11'], '\x10x\x10', true],
    ['a prefix at the end is held back', ['ab\x10'], 'ab', false],
  ])('%s', (_name, chunks, passed, detached) => {
    const scan = createDetachScanner([16, 17]);
    const results = chunks.map((chunk) => scan(Buffer.from(chunk)));
    expect(results.map(({ pass }) => Buffer.from(pass).toString()).join('')).toBe(passed);
    expect(results.some((result) => result.detached)).toBe(detached);
  });
});

test('durations for people', () => {
  const said = [0, 1, 59, 60, 119, 3599, 3600, 7200, 48 * 3600, 15 * 86400, 70 * 86400].map((s) =>
    humanDuration(s * 1000),
  );
  expect(said).toEqual([
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    'About a minute',
    '59 minutes',
    'About an hour',
    '2 hours',
    '2 days',
    '2 weeks',
    '2 months',
  ]);
});

test('restarts are put off twice as long each time, up to a minute, and from the beginning after a long life', () => {
  expect([undefined, 100, 200, 51_200].map((previous) => nextDelay(previous, 0))).toEqual([100, 200, 400, 60_000]);
  expect(nextDelay(60_000, 10_000)).toBe(100);
});

test('signals', () => {
  expect(['TERM', 'sigkill', '15', 'RTMIN+3'].map(parseSignal)).toEqual([15, 9, 15, 37]);
  expect(() => parseSignal('FOO')).toThrow('invalid signal: FOO');
  expect(() => parseSignal('0')).toThrow('invalid signal: 0');
  expect(() => parseSignal('99')).toThrow('the linux daemon does not support signal 99');
});
