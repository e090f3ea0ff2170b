import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, makeNodeAt, openDirectory, openDirectoryAt, setXattrAt, usingFd } from '../../host/index.ts';
import { soleDirectory } from './sole-directory.ts';

const isRoot = process.getuid?.() === 0;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sole-'));
  for (const name of ['upper', 'top/var', 'bottom/var/lib/db']) mkdirSync(join(directory, name), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The place of the directory that is found, below the trees. */
function sole(path: string): string | undefined {
  const trees = ['upper', 'top', 'bottom'].map((name) =>
    usingFd(openDirectory(join(directory, name)), (fd) => openDirectoryAt(fd, '.')),
  );
  const found = soleDirectory(trees, path);
  trees.forEach(closeFd);
  return found === undefined
    ? undefined
    : usingFd(found, () => readlinkSync(`/proc/self/fd/${found}`).slice(directory.length));
}

test('what one layer alone has is found, and nothing else', () => {
  expect(sole('/var/lib/db')).toBe('/bottom/var/lib/db');
  expect(sole('//var/lib/')).toBe('/bottom/var/lib');
  expect(sole('/var')).toBeUndefined();
  expect(sole('/nowhere')).toBeUndefined();
  expect(sole('/var/lib/../lib')).toBeUndefined();
  mkdirSync(join(directory, 'upper/var/lib/db'), { recursive: true });
  expect(sole('/var/lib/db')).toBeUndefined();
});

test('a symlink or a file on the way leaves it to the root', () => {
  symlinkSync('var', join(directory, 'bottom/link'));
  expect(sole('/link/lib')).toBeUndefined();
  writeFileSync(join(directory, 'top/var/lib'), '');
  expect(sole('/var/lib/db')).toBeUndefined();
});

test.if(isRoot)('marks of what is hidden do, too', () => {
  const top = openDirectory(join(directory, 'top'));
  setXattrAt(top, 'var', { name: 'trusted.overlay.opaque', value: Buffer.from('y') });
  expect(sole('/var/lib/db')).toBeUndefined();
  rmSync(join(directory, 'top/var'), { recursive: true });
  expect(sole('/var/lib/db')).toBe('/bottom/var/lib/db');
  makeNodeAt(top, 'var', { kind: 'char', mode: 0, device: [0, 0] });
  closeFd(top);
  expect(sole('/var/lib/db')).toBeUndefined();
});
