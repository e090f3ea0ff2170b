import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokenSeal, type Sealed, seal } from './seal.ts';

let directory: string;
let sealed: Sealed;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-seal-'));
  writeFileSync(join(directory, 'core-1.img'), 'core');
  writeFileSync(join(directory, 'files.img'), 'files');
  sealed = await seal(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

test('what is as it was is whole', async () => {
  expect(Object.keys(sealed).toSorted()).toEqual(['core-1.img', 'files.img']);
  expect(await brokenSeal(directory, sealed)).toBeUndefined();
});

const hostile: Record<string, [change: (path: (name: string) => string) => void, why: string]> = {
  'other bytes of the same length': [(path) => writeFileSync(path('core-1.img'), 'cord'), 'core-1.img has changed'],
  'a file more': [(path) => writeFileSync(path('extra.img'), ''), 'extra.img was not part of it'],
  'a file less': [(path) => rmSync(path('files.img')), 'files.img is missing'],
  'a link instead of the file, to the same bytes': [
    (path) => {
      renameSync(path('core-1.img'), `${path('core-1.img')}-away`);
      renameSync(`${path('core-1.img')}-away`, `${directory}-outside`);
      symlinkSync(`${directory}-outside`, path('core-1.img'));
    },
    'core-1.img is no plain file',
  ],
  'a directory': [(path) => mkdirSync(path('more')), 'more is no plain file'],
};
for (const [what, [change, why]] of Object.entries(hostile)) {
  test(`${what} breaks the seal`, async () => {
    change((name) => join(directory, name));
    expect(await brokenSeal(directory, sealed)).toBe(why);
    rmSync(`${directory}-outside`, { force: true });
  });
}
