// The engine answers others while a large file is read: whatever takes long is done in threads.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, openDirectory, tryStatusOf } from '../../host/index.ts';
import { createDigests } from './checksum.ts';
import { copyTo } from './copier.ts';

let directory = '';
let fd = -1;
const at = (name: string) => join(directory, name);
const place = (name: string) => ({ directory: fd, name: Buffer.from(name) });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-large-'));
  fd = openDirectory(directory);
});
afterEach(() => {
  closeFd(fd);
  rmSync(directory, { recursive: true });
});

function makeFile(name: string, size: number): void {
  writeFileSync(at(name), `${name} begins`);
  truncateSync(at(name), size);
  chmodSync(at(name), 0o640);
}

/** How often others had a turn while it went on. */
async function turnsDuring(work: () => Promise<unknown> | unknown): Promise<number> {
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  const end = work();
  if (end instanceof Promise) await end;
  over = true;
  return turns;
}

const signal = AbortSignal.timeout(60_000);

test.each([0, 100, 1 << 20, (1 << 20) + 1, (32 << 20) + 7])(
  'the digest of %d bytes is that of them all',
  async (size) => {
    makeFile('f', size);
    const status = tryStatusOf(fd, 'f');
    if (!status) throw new Error('it is gone');
    const digest = await createDigests().of(place('f'), status, signal);
    expect(digest).toBe(
      createHash('sha256')
        .update(readFileSync(at('f')))
        .digest('hex'),
    );
  },
);

test('what is otherwise is not taken for what it was, though its size and its time of modification are the same', async () => {
  const digests = createDigests();
  const written = async (text: string) => {
    writeFileSync(at('f'), text);
    utimesSync(at('f'), 0, 0);
    const status = tryStatusOf(fd, 'f');
    if (!status) throw new Error('it is gone');
    return digests.of(place('f'), status, signal);
  };
  const one = await written('one');
  // The kernel's clock for files has some milliseconds.
  await Bun.sleep(20);
  expect(await written('two')).not.toBe(one);
});

test('others have their turns while a large file is hashed, and what is known comes at once', async () => {
  makeFile('f', 32 << 20);
  const status = tryStatusOf(fd, 'f');
  if (!status) throw new Error('it is gone');
  const digests = createDigests();
  expect(await turnsDuring(() => digests.of(place('f'), status, signal))).toBeGreaterThan(3);
  expect(digests.of(place('f'), status, signal)).toBeString();
});

test('others have their turns while a large file is copied, and nothing of it is missing', async () => {
  makeFile('f', 64 << 20);
  expect(await turnsDuring(() => copyTo(place('f'), place('g'), { signal }))).toBeGreaterThan(1);
  expect([statSync(at('g')).size, statSync(at('g')).mode & 0o777]).toEqual([64 << 20, 0o640]);
  expect(Buffer.compare(readFileSync(at('f')), readFileSync(at('g')))).toBe(0);
});

test('who gives up is heard while a large file is hashed', async () => {
  makeFile('f', 32 << 20);
  const status = tryStatusOf(fd, 'f');
  if (!status) throw new Error('it is gone');
  const leaving = new AbortController();
  const digest = createDigests().of(place('f'), status, leaving.signal);
  leaving.abort();
  await expect(Promise.resolve(digest)).rejects.toThrow('abort');
});
