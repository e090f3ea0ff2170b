import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTar, type TarPart } from '../../oci/tar/make-tar.ts';
import { pack } from './pack.ts';
import { planCopy, renameEntry, resolveLocal, splitArgument } from './paths.ts';
import { unpack } from './unpack.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tug-copy-'));
  mkdirSync(join(base, 'to'));
});
afterEach(() => rmSync(base, { recursive: true }));

async function* cut(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}

const same = (name: string) => name;
const into = (parts: TarPart[]) => unpack(cut(makeTar(parts)), join(base, 'to'), { rename: same });

test('arguments are taken apart as by scp', () => {
  expect(splitArgument('web:/etc')).toEqual({ container: 'web', path: '/etc' });
  expect(splitArgument('web:')).toEqual({ container: 'web', path: '' });
  expect(splitArgument('./a:b')).toEqual({ container: '', path: './a:b' });
  expect(splitArgument('/a:b')).toEqual({ container: '', path: '/a:b' });
  expect(splitArgument('-')).toEqual({ container: '', path: '-' });
});

test('a path keeps saying that it is a directory', () => {
  expect(['/a/', '/a/.', '/a/b/..', '/', '/.'].map(resolveLocal)).toEqual(['/a/', '/a/.', '/a', '/', '/.']);
});

const file = { path: '/src/one', isDirectory: false };
const directory = { path: '/src', isDirectory: true };
const contents = { path: '/src/.', isDirectory: true };
const at = (path: string, kind?: 'file' | 'directory') => ({
  path,
  exists: kind !== undefined,
  isDirectory: kind === 'directory',
});

test('where a copy goes, and under which name', () => {
  expect(planCopy(file, at('/d', 'directory'))).toEqual({ directory: '/d' });
  expect(planCopy(file, at('/d/x', 'file'))).toEqual({ directory: '/d', rename: { from: 'one', to: 'x' } });
  expect(planCopy(file, at('/d/x'))).toEqual({ directory: '/d', rename: { from: 'one', to: 'x' } });
  expect(planCopy(directory, at('/d/x'))).toEqual({ directory: '/d', rename: { from: 'src', to: 'x' } });
  expect(planCopy(contents, at('/d/x'))).toEqual({ directory: '/d', rename: { from: '.', to: 'x' } });
  expect(() => planCopy(directory, at('/d/x', 'file'))).toThrow('cannot copy directory');
  expect(() => planCopy(file, at('/d/x/'))).toThrow('no such directory');
});

test('only the first word of a name changes', () => {
  const rename = { from: 'one', to: 'two' };
  expect(['one', 'one/one', 'ones', 'x/one'].map((name) => renameEntry(name, { rename }))).toEqual([
    'two',
    'two/one',
    'ones',
    'x/one',
  ]);
  expect(renameEntry('./a', { rename: { from: '.', to: 'x' } })).toBe('x/a');
  expect(renameEntry('/bin/sh', { rename: { from: '/', to: 'x' } })).toBe('x/bin/sh');
});

test('what is packed is what is unpacked', async () => {
  const from = join(base, 'from');
  mkdirSync(join(from, 'empty'), { recursive: true });
  writeFileSync(join(from, 'große'), 'x'.repeat(3_000_000), { mode: 0o640 });
  linkSync(join(from, 'große'), join(from, 'zweite'));
  symlinkSync('nowhere', join(from, 'link'));
  Bun.spawnSync(['mkfifo', join(from, 'pipe')]);
  utimesSync(join(from, 'große'), 1_000_000_000, 1_000_000_000);
  await unpack(pack({ path: from, isDirectory: true }, { rename: same }), join(base, 'to'), { rename: same });
  const made = (name: string) => join(base, 'to/from', name);
  expect(readFileSync(made('große'), 'utf8')).toBe('x'.repeat(3_000_000));
  expect(lstatSync(made('große'))).toMatchObject({ mtimeMs: 1e12, nlink: 2 });
  expect(lstatSync(made('große')).mode & 0o777).toBe(0o640);
  expect(lstatSync(made('zweite')).ino).toBe(lstatSync(made('große')).ino);
  expect(readlinkSync(made('link'))).toBe('nowhere');
  expect(lstatSync(made('pipe')).isFIFO()).toBe(true);
  expect(lstatSync(made('empty')).isDirectory()).toBe(true);
});

const hostile: Record<string, TarPart[]> = {
  'a name with dots': [{ name: '../out', data: 'x' }],
  'a link that leads out by its text': [{ name: 'l', type: '2', linkName: '../out' }],
  'a link through a link': [
    { name: 'dot', type: '2', linkName: '.' },
    { name: 'l', type: '2', linkName: 'dot/..' },
    { name: 'l/out', data: 'x' },
  ],
  'a file through a link': [
    { name: 'l', type: '2', linkName: '/' },
    { name: `l/${'BASE'}/out`, data: 'x' },
  ],
  'a hard link to what lies outside': [{ name: 'h', type: '1', linkName: '../secret' }],
  'a hard link through a link': [
    { name: 'dot', type: '2', linkName: '.' },
    { name: 'l', type: '2', linkName: 'dot/..' },
    { name: 'h', type: '1', linkName: 'l/secret' },
  ],
};
for (const [what, parts] of Object.entries(hostile)) {
  test(`${what} reaches nothing outside`, async () => {
    writeFileSync(join(base, 'secret'), 'secret');
    const aimed = parts.map((part) => ({ ...part, name: part.name.replace('BASE', base.slice(1)) }));
    await expect(into(aimed)).rejects.toThrow(/outside|invalid symlink|not a directory/);
    expect(existsSync(join(base, 'out'))).toBe(false);
    expect(lstatSync(join(base, 'secret')).nlink).toBe(1);
  });
}

test('a link that is in the way is replaced, not followed', async () => {
  writeFileSync(join(base, 'secret'), 'secret');
  symlinkSync('../secret', join(base, 'to/file'));
  await into([{ name: 'file', data: 'new' }]);
  expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('secret');
  expect(readFileSync(join(base, 'to/file'), 'utf8')).toBe('new');
});

test('a directory and a file do not replace one another', async () => {
  mkdirSync(join(base, 'to/dir'));
  writeFileSync(join(base, 'to/file'), 'x');
  await expect(into([{ name: 'dir', data: 'x' }])).rejects.toThrow('cannot overwrite directory');
  await expect(into([{ name: 'file/', type: '5' }])).rejects.toThrow('cannot overwrite non-directory');
});
