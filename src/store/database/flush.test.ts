import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFlush } from './flush.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-flush-'));
const path = join(directory, 'log');
writeFileSync(path, 'something');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the disk is waited for', async () => {
  const flush = createFlush(path);
  await flush.flush();
  flush.close();
});

test('a file that is not there is told', async () => {
  await expect(createFlush(join(directory, 'none')).flush()).rejects.toThrow('ENOENT');
});
