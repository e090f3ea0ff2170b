import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../kit/index.ts';
import { digestOf } from '../../oci/index.ts';
import { openBlobs } from './blobs.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tug-incoming-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bytes = Buffer.from('0123456789');
const digest = digestOf(bytes);
const partials = () => readdirSync(join(dir, 'partial'));

async function text(source: AsyncIterable<Uint8Array>): Promise<string> {
  let all = '';
  for await (const chunk of source) all += Buffer.from(chunk).toString();
  return all;
}

test('what was left by an earlier life is gone on with', async () => {
  const first = await openBlobs(dir, silent).receive(digest);
  await first.write(bytes.subarray(0, 4));
  await first.close();
  const blobs = openBlobs(dir, silent);
  const second = await blobs.receive(digest);
  expect([second.resumed, second.size]).toEqual([4, 4]);
  await second.write(bytes.subarray(4));
  expect(blobs.has(digest)).toBe(false);
  await second.finish();
  expect(Buffer.from(await blobs.read(digest))).toEqual(bytes);
  expect(partials()).toEqual([]);
});

test('who follows sees every byte, those before him and those to come', async () => {
  const blobs = openBlobs(dir, silent);
  const incoming = await blobs.receive(digest);
  await incoming.write(bytes.subarray(0, 3));
  const followers = [text(incoming.follow()), text(incoming.follow())];
  await Bun.sleep(1);
  await incoming.write(bytes.subarray(3));
  await incoming.finish();
  expect(await Promise.all(followers)).toEqual(['0123456789', '0123456789']);
  expect(await text(incoming.follow())).toBe('0123456789');
});

test('wrong bytes are thrown away, and who follows is told', async () => {
  const blobs = openBlobs(dir, silent);
  const incoming = await blobs.receive(digest);
  await incoming.write(Buffer.from('wrong'));
  const follower = text(incoming.follow()).catch((error: Error) => error.message);
  const words = `unexpected digest ${digestOf('wrong')}, expected ${digest}`;
  await expect(incoming.finish()).rejects.toThrow(words);
  expect(await follower).toBe(words);
  expect(blobs.has(digest)).toBe(false);
  expect(partials()).toEqual([]);
  const again = await blobs.receive(digest);
  expect(again.size).toBe(0);
  await again.close();
});

test('one at a time; what nobody came back for is forgotten', async () => {
  const blobs = openBlobs(dir, silent);
  const incoming = await blobs.receive(digest);
  await expect(blobs.receive(digest)).rejects.toThrow('is being received already');
  await incoming.write(bytes.subarray(0, 1));
  blobs.forget(new Date(Date.now() + 60_000));
  expect(partials()).toHaveLength(1);
  await incoming.close();
  blobs.forget(new Date(Date.now() - 60_000));
  expect(partials()).toHaveLength(1);
  blobs.forget(new Date(Date.now() + 60_000));
  expect(partials()).toEqual([]);
});
