import { afterAll, expect, test } from 'bun:test';
import { constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closeFd,
  linkAt,
  makeDirectoryAt,
  makeSymlinkAt,
  namesIn,
  openDirectory,
  openIn,
  readFileIn,
  readLinkAt,
  setTimesAt,
  setXattrAt,
  statIn,
  statusOf,
  walk,
  writeFd,
  xattrsAt,
} from '../index.ts';

const root = mkdtempSync(join(tmpdir(), 'tug-files-test-'));
const fd = openDirectory(root);
afterAll(() => {
  closeFd(fd);
  rmSync(root, { recursive: true, force: true });
});

test('no path and no symlink leads out of the root', () => {
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'inside');
  symlinkSync('/etc/passwd', join(root, 'absolute'));
  symlinkSync('../../../../../../etc/passwd', join(root, 'etc/upwards'));
  symlinkSync('/proc/self/fd/0', join(root, 'magic'));
  for (const path of ['/etc/passwd', '../../etc/passwd', 'absolute', 'etc/upwards']) {
    expect(readFileIn(fd, path)?.toString()).toBe('inside');
  }
  expect(readFileIn(fd, 'magic')).toBeUndefined();
  expect(statIn(fd, 'nowhere/at/all')).toBeUndefined();
  expect(() => openIn(fd, 'etc/passwd\0.txt', constants.O_RDONLY)).toThrow('EINVAL');
  expect(() => openIn(fd, 'absolute', constants.O_RDONLY, { noSymlinks: true })).toThrow('ELOOP');
});

test('renames elsewhere do not keep a path with dots from being followed', async () => {
  const [one, other] = ['one', 'other'].map((name) => JSON.stringify(join(root, name)));
  const renames = `const { renameSync, writeFileSync, writeSync } = require('node:fs');
    writeFileSync(${one}, ''); writeSync(1, 'begun');
    for (;;) { renameSync(${one}, ${other}); renameSync(${other}, ${one}); }`;
  const busy = Bun.spawn([process.execPath, '-e', renames], { stdout: 'pipe' });
  try {
    await busy.stdout.getReader().read();
    for (let round = 0; round < 5000; round++) closeFd(openIn(fd, 'etc/upwards', constants.O_RDONLY));
  } finally {
    busy.kill();
    await busy.exited;
  }
});

test('a file is read only if it is regular and not too long', () => {
  Bun.spawnSync(['mkfifo', join(root, 'fifo')]);
  expect(() => readFileIn(fd, 'fifo')).toThrow('EINVAL');
  writeFileSync(join(root, 'long'), Buffer.alloc(200_000, 7));
  expect(readFileIn(fd, 'long')?.equals(Buffer.alloc(200_000, 7))).toBe(true);
  expect(() => readFileIn(fd, 'long', 100_000)).toThrow('EFBIG');
});

test('entries have names, links, times and attributes, whatever bytes their name is', () => {
  const name = Buffer.from([0xff, 0xfe, 0x20]);
  makeDirectoryAt(fd, name, 0o755);
  setXattrAt(fd, name, { name: 'user.colour', value: Buffer.from('blue') });
  expect(xattrsAt(fd, name).get('user.colour')?.toString()).toBe('blue');
  const inside = openIn(fd, name, constants.O_RDONLY);
  const file = openIn(inside, 'file', constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, { mode: 0o640 });
  writeFd(file, Buffer.from('contents'));
  closeFd(file);
  linkAt(inside, 'file', { directory: fd, name: 'second' });
  makeSymlinkAt(fd, 'symlink', 'file');
  setTimesAt(fd, 'symlink', { seconds: -5, nanoseconds: 123456789 });
  expect(readLinkAt(fd, 'symlink').toString()).toBe('file');
  expect(statusOf(fd, 'symlink')).toMatchObject({
    kind: 'symlink',
    modified: { seconds: -5, nanoseconds: 123456789 },
  });
  expect(statusOf(fd, 'second')).toMatchObject({ kind: 'file', links: 2, size: 8, mode: 0o640 });
  expect(namesIn(inside).map(String)).toEqual(['file']);
  closeFd(inside);
});

test('a walk sees all, and follows nothing', async () => {
  mkdirSync(join(root, 'tree/deep/er'), { recursive: true });
  writeFileSync(join(root, 'tree/deep/er/leaf'), 'x');
  symlinkSync('/', join(root, 'tree/host'));
  const directory = openIn(fd, 'tree', constants.O_RDONLY);
  const seen: string[] = [];
  for await (const { name, status } of walk(directory)) seen.push(`${name} ${status.kind}`);
  closeFd(directory);
  expect(seen.toSorted()).toEqual(['deep directory', 'er directory', 'host symlink', 'leaf file']);
});
