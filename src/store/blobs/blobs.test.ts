import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../kit/index.ts';
import { openBlobs } from './blobs.ts';

const hello = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tug-blobs-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function* broken() {
  yield Buffer.from('hel');
  throw new Error('cut off');
}

async function* bytes(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

test('a blob is kept under its digest and read back', async () => {
  const blobs = openBlobs(dir, silent);
  expect(await blobs.ingest(bytes('he', 'llo'), { digest: hello, size: 5 })).toEqual({ digest: hello, size: 5 });
  expect(blobs.has(hello)).toBe(true);
  expect(blobs.size(hello)).toBe(5);
  expect(readFileSync(blobs.path(hello), 'utf8')).toBe('hello');
  expect(Buffer.from(await blobs.read(hello)).toString()).toBe('hello');
  expect(blobs.all()).toEqual([hello]);
  blobs.delete(hello);
  blobs.delete(hello);
  expect(blobs.has(hello)).toBe(false);
  expect(() => blobs.size(hello)).toThrow('not found');
});

test('what is not as expected, or breaks off, is not kept', async () => {
  const blobs = openBlobs(dir, silent);
  const invalid = expect.objectContaining({ kind: 'invalid' });
  await expect(blobs.ingest(bytes('hell'), { digest: hello })).rejects.toEqual(invalid);
  await expect(blobs.ingest(bytes('hello'), { size: 4 })).rejects.toEqual(invalid);
  await expect(blobs.ingest(broken())).rejects.toThrow('cut off');
  expect(blobs.all()).toEqual([]);
  expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
});

test('a digest is never a way to another file', () => {
  const blobs = openBlobs(dir, silent);
  for (const digest of ['sha256:../../etc/passwd', `sha512:${'0'.repeat(128)}`, `sha256:${'A'.repeat(64)}`, '']) {
    expect(() => blobs.path(digest)).toThrow('invalid digest');
  }
});

test('bytes that rotted on disk are not handed out; half-written ones go at the next start', async () => {
  const blobs = openBlobs(dir, silent);
  await blobs.ingest(bytes('hello'));
  writeFileSync(blobs.path(hello), 'jello');
  await expect(blobs.read(hello)).rejects.toThrow('damaged on disk');
  writeFileSync(join(dir, 'tmp', 'half'), 'x');
  openBlobs(dir, silent);
  expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
});
