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

test('those who ask while a wait is on share the next, which begins after it', async () => {
  const waits: PromiseWithResolvers<void>[] = [];
  const flush = createFlush(path, () => {
    const wait = Promise.withResolvers<void>();
    waits.push(wait);
    return wait.promise;
  });
  const first = flush.flush();
  const later = [flush.flush(), flush.flush()];
  expect(waits).toHaveLength(1);
  waits[0]?.reject(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await Bun.sleep(0);
  expect(waits).toHaveLength(2);
  const last = flush.flush();
  waits[1]?.resolve();
  await Promise.all(later);
  await Bun.sleep(0);
  expect(waits).toHaveLength(3);
  waits[2]?.resolve();
  await last;
  flush.close();
});

test('a file that is not there is told', () => {
  expect(() => createFlush(join(directory, 'none')).flush()).toThrow('ENOENT');
});
