// A machine's clock may jump, by its administrator's hand or a time server's: what is told goes on to sort, and follows it.
import { afterEach, expect, setSystemTime, test } from 'bun:test';
import { createClock, formatTime } from './clock.ts';
import { nextDelay } from './life/again/restart-policy.ts';
import { humanDuration } from './view/status-text.ts';

afterEach(() => void setSystemTime());

const at = (text: string) => setSystemTime(new Date(text));
const seconds = (one: bigint, other: bigint) => Number(one - other) / 1e9;

test('a step forward is followed at once', () => {
  const clock = createClock();
  at('2026-01-01T00:00:00Z');
  const before = clock();
  at('2026-01-01T05:00:00Z');
  const after = clock();
  expect(formatTime(before)).toStartWith('2026-01-01T00:00:00');
  expect(seconds(after, before)).toBeCloseTo(5 * 3600, 1);
});

test('a large step back is followed, a small one smoothed out; no time is given twice', () => {
  const clock = createClock();
  at('2026-01-01T12:00:00.500Z');
  const noon = clock();
  at('2026-01-01T12:00:00.100Z');
  const smoothed = [clock(), clock(), clock()];
  expect([noon, ...smoothed]).toEqual([noon, ...smoothed].toSorted((one, other) => Number(one - other)));
  expect(new Set(smoothed).size).toBe(3);
  at('2026-01-01T11:00:00Z');
  const earlier = [clock(), clock()];
  expect(formatTime(earlier[0] as bigint)).toStartWith('2026-01-01T11:00:00');
  expect(earlier[1]).toBeGreaterThan(earlier[0] as bigint);
});

test('no duration is less than nothing, and no delay of a restart either', () => {
  expect(humanDuration(-3_600_000)).toBe(humanDuration(0));
  expect(nextDelay(100, -3_600_000)).toBe(200);
  expect(nextDelay(undefined, -1)).toBe(100);
  expect(nextDelay(6400, 3_600_000)).toBe(100);
});
