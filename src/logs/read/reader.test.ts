import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogForm, LogQuery } from '../contract.ts';
import { createLogWriter } from './fixture.ts';
import { createLogReader } from './reader.ts';

let directory: string;
let path: string;
const reader = createLogReader();
const both = { framed: true, stdout: true, stderr: true };
const all: LogQuery & LogForm = { ...both, follow: false, timestamps: false, details: false };
const never = new AbortController().signal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logs-'));
  path = join(directory, 'x-json.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What was said in each frame. */
async function texts(pieces: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const bytes = Buffer.concat(all);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    found.push(bytes.toString('utf8', at + 8, end));
    at = end;
  }
  return found;
}

const read = (query: Partial<LogQuery> = {}): Promise<string[]> =>
  texts(reader.read(path, { ...all, ...query }, Promise.resolve(), never));

function threeFiles(): void {
  const writer = createLogWriter(path, 3);
  for (let index = 0; index < 9; index++) {
    writer.write(`${index}\n`);
    if (index % 3 === 2 && index < 8) writer.rotate();
  }
}

test('a log is read over its rotations, oldest first', async () => {
  threeFiles();
  expect(await read()).toEqual([...'012345678'].map((digit) => `${digit}\n`));
});

test('no log is an empty one', async () => {
  expect(await read()).toEqual([]);
  expect(await read({ follow: true })).toEqual([]);
});

test.each([0, 1, 3, 4, 6, 8, 9, 10])('tail %d counts from the end', async (tail) => {
  threeFiles();
  const wanted = [...'012345678'].slice(9 - Math.min(tail, 9)).map((digit) => `${digit}\n`);
  expect(await read({ tail })).toEqual(tail === 0 ? [] : wanted);
});

test('tail crosses chunks, and reads of a large log little more than it needs', async () => {
  const writer = createLogWriter(path, 1);
  const long = 'x'.repeat(1000);
  writer.raw(
    Array.from({ length: 2000 }, (_, index) => `{"log":"${index}${long}\\n","stream":"stdout","time":"t"}\n`).join(''),
  );
  const found = await read({ tail: 150 });
  expect(found.map((line) => Number.parseInt(line, 10))).toEqual(
    Array.from({ length: 150 }, (_, index) => 1850 + index),
  );
});

test('tail counts both streams before one is chosen, as in Docker', async () => {
  const writer = createLogWriter(path, 1);
  writer.write('a\n');
  writer.write('b\n', { stream: 'stderr' });
  expect(await read({ tail: 1, stderr: false })).toEqual([]);
  expect(await read({ stderr: false })).toEqual(['a\n']);
});

test('since and until are inclusive, to the nanosecond', async () => {
  const writer = createLogWriter(path, 1);
  for (const nine of [1, 2, 3]) writer.write(`${nine}`, { time: `2026-01-02T03:04:05.00000000${nine}Z` });
  const at = BigInt(Date.parse('2026-01-02T03:04:05Z')) * 1_000_000n;
  expect(await read({ since: at + 2n })).toEqual(['2', '3']);
  expect(await read({ until: at + 2n })).toEqual(['1', '2']);
  expect(await read({ since: new Date('2026-01-02T03:04:05Z') })).toEqual(['1', '2', '3']);
  expect(await read({ until: new Date('2026-01-02T03:04:04Z') })).toEqual([]);
});

test('malformed and torn lines cost nothing but themselves', async () => {
  const writer = createLogWriter(path, 1);
  writer.write('a\n');
  writer.raw('not json\n{"log":1}\n\n{"log":"torn');
  writer.write('b\n');
  writer.raw('{"log":"never finished');
  expect(await read()).toEqual(['a\n', 'b\n']);
  expect(await read({ follow: true })).toEqual(['a\n', 'b\n']);
});

test('readUntil stops at the position, in whichever file it lies by then', async () => {
  const writer = createLogWriter(path, 3);
  writer.write('a\n');
  writer.write('b\n');
  const { ino: generation, size: offset } = statSync(path);
  writer.write('c\n');
  expect(await texts(reader.readUntil(path, { generation, offset }, both))).toEqual(['a\n', 'b\n']);
  writer.rotate();
  writer.write('d\n');
  expect(await texts(reader.readUntil(path, { generation, offset }, both))).toEqual(['a\n', 'b\n']);
  expect(await texts(reader.readUntil(path, { generation: 0, offset: 0 }, both))).toEqual([]);
});

test('following goes on until the end, and gives what was written last', async () => {
  const writer = createLogWriter(path, 3);
  const ended = Promise.withResolvers<void>();
  writer.write('a\n');
  const found = texts(reader.read(path, { ...all, follow: true }, ended.promise, never));
  await Bun.sleep(20);
  writer.raw('{"log":"b\\n","stream":"st');
  await Bun.sleep(100);
  writer.raw('dout","time":"2026-01-02T03:04:05Z"}\n');
  writer.rotate();
  writer.write('c\n');
  writer.rotate();
  writer.write('d\n');
  ended.resolve();
  expect(await found).toEqual(['a\n', 'b\n', 'c\n', 'd\n']);
});

test('following can be given up, ends at `until`, and waits for a log that is yet to come', async () => {
  const given = new AbortController();
  const forever = new Promise<void>(() => undefined);
  const first = texts(reader.read(path, { ...all, follow: true }, forever, given.signal));
  await Bun.sleep(20);
  createLogWriter(path, 1).write('a\n');
  await Bun.sleep(200);
  given.abort();
  expect(await first).toEqual(['a\n']);
  const until = new Date(Date.now() + 50);
  expect(await texts(reader.read(path, { ...all, follow: true, until }, forever, never))).toEqual(['a\n']);
  expect(openHere()).toEqual([]);
});

const openHere = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    const file = statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false });
    return file && statSync(path).ino === file.ino ? [fd] : [];
  });

// The writer keeps 200 ms of its past, more than a reader ever pauses: whoever is slower loses lines with any reader.
test.each([1, 10, 200])('rapid rotation loses and doubles nothing: %d lines a file', async (perFile) => {
  const lines = perFile * 150;
  const argv = [path, lines, perFile, 40, 5].map(String);
  const writer = Bun.spawn([process.execPath, join(import.meta.dir, 'fixture.ts'), ...argv], {
    stdout: 'ignore',
  });
  const readers = [1, 2, 3].map(() => texts(reader.read(path, { ...all, follow: true }, writer.exited, never)));
  for (const found of await Promise.all(readers)) {
    const wrong = found.findIndex((line, index) => line !== `${index}\n`);
    expect([found.length, found.slice(wrong, wrong + 3)]).toEqual([lines, []]);
  }
});
