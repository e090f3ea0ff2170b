import { expect, test } from 'bun:test';
import { PassThrough } from 'node:stream';
import { frame, goDuration } from '../../api/index.ts';
import {
  afterProbe,
  beginning,
  type Check,
  checkOf,
  type Health,
  healthText,
  pauseBefore,
  timedOut,
} from './health.ts';
import { createProbeOutput } from './output.ts';

const check: Check = { argv: ['x'], interval: 30_000, timeout: 1500, startPeriod: 0, startInterval: 5000, retries: 2 };
const result = (ExitCode: number, Output = '') => ({ Start: '', End: '', ExitCode, Output });
const after = (codes: number[], options: Partial<Check> = {}, age = 0): Health =>
  codes.reduce<Health>(
    (health, code) => afterProbe(health, { ...check, ...options }, result(code), age),
    beginning(undefined),
  );

test('what is a check, and Docker’s defaults', () => {
  expect(checkOf({})).toBeUndefined();
  for (const Test of [[], ['NONE'], ['BOGUS', 'x']]) expect(checkOf({ Healthcheck: { Test } })).toBeUndefined();
  expect(checkOf({ Healthcheck: { Test: ['CMD', 'a', 'b c'] } })).toEqual({
    argv: ['a', 'b c'],
    interval: 30_000,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5000,
    retries: 3,
  });
  expect(checkOf({ Healthcheck: { Test: ['CMD-SHELL', 'a b'] } })?.argv).toEqual(['/bin/sh', '-c', 'a b']);
  const bash = { Shell: ['bash', '-ec'], Healthcheck: { Test: ['CMD-SHELL', 'a'], Interval: 2e9, Retries: 5 } };
  expect(checkOf(bash)).toMatchObject({ argv: ['bash', '-ec', 'a'], interval: 2000, retries: 5 });
});

test('failures in a row make it unhealthy, one success healthy; five results are kept', () => {
  expect(after([1])).toMatchObject({ Status: 'starting', FailingStreak: 1 });
  expect(after([1, 1])).toMatchObject({ Status: 'unhealthy', FailingStreak: 2 });
  expect(after([1, 1, 0])).toMatchObject({ Status: 'healthy', FailingStreak: 0 });
  expect(after([0, -1])).toMatchObject({ Status: 'healthy', FailingStreak: 1 });
  expect(after([9, 1, 2, 3, 4, 5]).Log.map(({ ExitCode }) => ExitCode)).toEqual([1, 2, 3, 4, 5]);
});

test('within the start period failures do not count until it was healthy once', () => {
  expect(after([1, 1, 1], { startPeriod: 1000 }, 999)).toMatchObject({ Status: 'starting', FailingStreak: 0 });
  expect(after([1, 1], { startPeriod: 1000 }, 1000)).toMatchObject({ Status: 'unhealthy' });
  expect(after([0, 1, 1], { startPeriod: 1000 }, 999)).toMatchObject({ Status: 'unhealthy' });
  const starting = beginning(undefined);
  expect(pauseBefore({ ...check, startPeriod: 1000 }, starting, 999)).toBe(5000);
  expect(pauseBefore({ ...check, startPeriod: 1000 }, starting, 1000)).toBe(30_000);
  expect(pauseBefore({ ...check, startPeriod: 1000 }, after([0]), 999)).toBe(30_000);
});

test('a new start forgets the streak, not the log', () => {
  expect(beginning(after([1, 1]))).toMatchObject({ Status: 'starting', FailingStreak: 0, Log: [{}, {}] });
});

test('texts', () => {
  expect([undefined, beginning(undefined), after([0]), after([1, 1])].map(healthText)).toEqual([
    '',
    ' (health: starting)',
    ' (healthy)',
    ' (unhealthy)',
  ]);
  expect(timedOut(0n, 0n, check, '').Output).toBe('Health check exceeded timeout (1.5s)');
  expect(timedOut(0n, 0n, check, 'x').Output).toBe('Health check exceeded timeout (1.5s): x');
  expect([0, 1, 1500, 2.5e6, 1e9, 90e9, 3600e9, 5400.5e9, -1e9].map(goDuration)).toEqual([
    '0s',
    '1ns',
    '1.5µs',
    '2.5ms',
    '1s',
    '1m30s',
    '1h0m0s',
    '1h30m0.5s',
    '-1s',
  ]);
});

/** What is kept of frames that come in pieces of `size`. */
async function said(payloads: string[], size: number): Promise<string> {
  const bytes = Buffer.concat(payloads.map((text, index) => frame(index % 2 ? 'stderr' : 'stdout', Buffer.from(text))));
  const stream = new PassThrough();
  const output = createProbeOutput();
  const drained = output.drain(stream);
  for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
  stream.end();
  await drained;
  return output.text();
}

test('the first 4096 bytes of both streams are kept, however the frames are cut; the rest is read all the same', async () => {
  for (const size of [1, 7, 8, 9, 10_000]) {
    expect(await said(['out\n', 'err\n', '', 'x'], size)).toBe('out\nerr\nx');
    expect(await said(['a'.repeat(4000), 'b'.repeat(96)], size)).toBe('a'.repeat(4000) + 'b'.repeat(96));
    expect(await said(['a'.repeat(4000), 'b'.repeat(97), 'c'], size)).toBe(`${'a'.repeat(4000)}${'b'.repeat(96)}...`);
  }
});
