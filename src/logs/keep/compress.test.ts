import { afterEach, beforeEach, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { LogForm, LogQuery } from '../contract.ts';
import { createLogWriter } from '../read/fixture.ts';
import { createLogReader } from '../read/reader.ts';
import { compressRotated } from './compress.ts';

let directory: string;
let path: string;
const all: LogQuery & LogForm = {
  framed: false,
  stdout: true,
  stderr: true,
  follow: false,
  timestamps: false,
  details: false,
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keep-'));
  path = join(directory, 'x.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Files with lines `1` to `perFile`, and so on; the last is the one that is written. */
function makeLog(files: number, perFile: number): ReturnType<typeof createLogWriter> {
  const writer = createLogWriter(path, 10);
  for (let file = 0; file < files; file++) {
    if (file > 0) writer.rotate();
    for (let line = 1; line <= perFile; line++) {
      const number = file * perFile + line;
      const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
      writer.write(`${number}\n`, { time });
    }
  }
  age();
  return writer;
}

/** As if their last lines were of the time they say. */
function age(): void {
  for (const name of readdirSync(directory)) {
    const last = /"time":"([^"]*)"\}\n$/.exec(readFileSync(join(directory, name), 'latin1'))?.[1];
    if (last) utimesSync(join(directory, name), new Date(last), new Date(last));
  }
}

async function read(query: Partial<LogQuery>): Promise<string[]> {
  const pieces: Uint8Array[] = [];
  const stop = new AbortController().signal;
  for await (const piece of createLogReader().read(path, { ...all, ...query }, Promise.resolve(), stop))
    pieces.push(piece);
  return Buffer.concat(pieces).toString().split('\n').slice(0, -1);
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const at = (number: number): Date => new Date(Date.UTC(2026, 0, 1) + number * 1000);

test('older files become .gz, with their time; the one that is written does not', async () => {
  makeLog(3, 5);
  const before = statSync(`${path}.1`);
  await compressRotated(path);
  expect(readdirSync(directory).toSorted()).toEqual(['x.log', 'x.log.1.gz', 'x.log.2.gz']);
  expect(gunzipSync(readFileSync(`${path}.2.gz`)).toString()).toContain('"log":"5\\n"');
  expect(statSync(`${path}.1.gz`).mtimeMs).toBe(before.mtimeMs);
  expect(statSync(`${path}.1.gz`).mode & 0o777).toBe(0o640);
});

test('reading goes through compressed files: tail, since, until and all', async () => {
  makeLog(4, 50);
  await compressRotated(path);
  expect(await read({})).toEqual(numbers(1, 200));
  for (const tail of [0, 1, 50, 51, 120, 150, 151, 500]) {
    expect(await read({ tail })).toEqual(numbers(Math.max(201 - tail, 1), 200));
  }
  expect(await read({ since: at(75) })).toEqual(numbers(75, 200));
  expect(await read({ since: at(75), until: at(120) })).toEqual(numbers(75, 120));
  expect(await read({ tail: 100, until: at(110) })).toEqual(numbers(101, 110));
});

test('who follows is not disturbed by compression under its hands', async () => {
  const writer = makeLog(3, 20);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const piece of createLogReader().read(
      path,
      { ...all, follow: true },
      ended,
      new AbortController().signal,
    )) {
      lines.push(...Buffer.from(piece).toString().split('\n').slice(0, -1));
    }
  })();
  for (let number = 61; number <= 120; number++) {
    writer.write(`${number}\n`, { time: at(number).toISOString() });
    if (number % 10 !== 0) continue;
    age();
    await compressRotated(path);
    writer.rotate();
  }
  end();
  await reading;
  expect(lines).toEqual(numbers(1, 120));
});

test('what is young, or still to be read by somebody, is left', async () => {
  const writer = makeLog(3, 5);
  const unread = statSync(`${path}.2`).ino;
  writer.rotate();
  writer.write('16\n');
  utimesSync(`${path}.1`, new Date(), new Date());
  await compressRotated(path, (generation) => generation === unread);
  expect(readdirSync(directory).toSorted()).toEqual(['x.log', 'x.log.1', 'x.log.2.gz', 'x.log.3']);
});

test('a kill before the plain file was removed is mended', async () => {
  makeLog(2, 5);
  copyFileSync(`${path}.1`, join(directory, 'kept'));
  await compressRotated(path);
  copyFileSync(join(directory, 'kept'), `${path}.1`);
  age();
  expect(await read({})).toEqual(numbers(1, 10));
  await compressRotated(path);
  expect(readdirSync(directory).toSorted()).toEqual(['kept', 'x.log', 'x.log.1.gz']);
  expect(await read({})).toEqual(numbers(1, 10));
});
