import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../kit/index.ts';
import { createEventRing, type EventRing } from './ring.ts';

let directory: string;
let ring: EventRing;

const open = (fileSize = 1 << 20) => createEventRing({ directory, fileSize, log: silent });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-ring-'));
  ring = open();
});

afterEach(() => {
  ring.close();
  rmSync(directory, { recursive: true });
});

async function read(span: { since?: bigint; until?: bigint } = {}, from = ring): Promise<string[]> {
  const all: string[] = [];
  for await (const lines of from.read(span)) all.push(...lines);
  return all;
}

const append = (...times: number[]) => {
  for (const time of times) ring.append(time, `{"é":${time}}\n`);
};
const lines = (...times: number[]) => times.map((time) => `{"é":${time}}\n`);

test('what was appended until now, between two times', async () => {
  expect(await read()).toEqual([]);
  append(1, 2, 3, 4);
  const now = ring.read({ since: 2n });
  append(5);
  const seen: string[] = [];
  for await (const some of now) seen.push(...some);
  expect(seen).toEqual(lines(2, 3, 4));
  expect(await read({ since: 2n, until: 3n })).toEqual(lines(2, 3));
  expect(await read({ until: 1n })).toEqual(lines(1));
});

test('the next engine reads on, and passes over a line that was torn', async () => {
  append(1, 2);
  ring.close();
  appendFileSync(join(directory, 'events.log'), '3 {"half":');
  ring = open();
  append(4);
  expect(await read()).toEqual(lines(1, 2, 4));
});

test('it takes no more room than two files, and keeps the latest', async () => {
  ring.close();
  ring = open(1000);
  for (let time = 1000; time < 2000; time++) {
    append(time);
    await new Promise(setImmediate);
  }
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
  const kept = await read();
  expect(kept.length).toBeGreaterThan(50);
  expect(kept).toEqual(lines(...Array.from({ length: kept.length }, (_, index) => 2000 - kept.length + index)));
});

test('a reader that was asked before the files changed places misses and repeats nothing', async () => {
  ring.close();
  ring = open(1000);
  append(...Array.from({ length: 40 }, (_, index) => 1000 + index));
  const before = ring.read({});
  for (let time = 1040; time < 1060; time++) append(time);
  await new Promise(setImmediate);
  expect(existsSync(join(directory, 'events.log.1'))).toBe(true);
  const seen: string[] = [];
  for await (const some of before) seen.push(...some);
  expect(seen).toEqual(lines(...Array.from({ length: 40 }, (_, index) => 1000 + index)));
});

test('many events, more than are read at once', async () => {
  const times = Array.from({ length: 20_000 }, (_, index) => 1_000_000 + index);
  append(...times);
  expect(await read()).toEqual(lines(...times));
});

test('after a step back of the clock what is asked for goes by the times that events have, in the order they came', async () => {
  for (const time of [1000, 2000, 500, 600]) ring.append(time, `${time}\n`);
  const between = async (since: bigint, until: bigint) =>
    (await Array.fromAsync(ring.read({ since, until }))).flat().map(Number);
  expect(await between(0n, 3000n)).toEqual([1000, 2000, 500, 600]);
  expect(await between(400n, 1000n)).toEqual([1000, 500, 600]);
});
