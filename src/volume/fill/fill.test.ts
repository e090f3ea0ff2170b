import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtShim } from '../../../test/support/runtime.ts';
import {
  closeFd,
  copyTree,
  makeNodeAt,
  openDirectory,
  openDirectoryAt,
  setXattrAt,
  xattrsAt,
} from '../../host/index.ts';
import { fill } from './fill.ts';

const isRoot = process.getuid?.() === 0;
let directory: string;
let rootFd: number;
let place: { data: string; marker: string };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fill-'));
  mkdirSync(join(directory, 'root/var/lib/db'), { recursive: true });
  mkdirSync(join(directory, 'data'));
  rootFd = openDirectory(join(directory, 'root'));
  place = { data: join(directory, 'data'), marker: join(directory, 'filling') };
});
afterEach(() => {
  closeFd(rootFd);
  rmSync(directory, { recursive: true });
});

const image = (path: string): string => join(directory, 'root/var/lib/db', path);
const copied = (path: string): string => join(place.data, path);
const program = openSync(builtShim(), 'r');
afterAll(() => closeSync(program));
const go = (path = '/var/lib/db'): Promise<void> => fill(place, { rootFd, path }, (copy) => copyTree(program, copy));

test('files, links and directories come with their bytes, modes and times', async () => {
  writeFileSync(image('big'), Buffer.alloc(9 << 20, 7));
  linkSync(image('big'), image('same'));
  mkdirSync(image('sub'));
  linkSync(image('big'), image('sub/third'));
  symlinkSync('/etc/passwd', image('link'));
  chmodSync(image('sub'), 0o1750);
  chmodSync(image('.'), 0o711);
  utimesSync(image('sub'), 1, 1234567890);
  await go();
  expect(readdirSync(place.data).toSorted()).toEqual(['big', 'link', 'same', 'sub']);
  expect(readFileSync(copied('big')).equals(Buffer.alloc(9 << 20, 7))).toBe(true);
  expect(new Set(['big', 'same', 'sub/third'].map((name) => lstatSync(copied(name)).ino)).size).toBe(1);
  expect(readlinkSync(copied('link'))).toBe('/etc/passwd');
  expect(lstatSync(copied('sub')).mode & 0o7777).toBe(0o1750);
  expect(lstatSync(copied('sub')).mtimeMs).toBe(1234567890_000);
  expect(lstatSync(copied('.')).mode & 0o7777).toBe(0o711);
  expect(existsSync(place.marker)).toBe(false);
});

test.if(isRoot)('owners, setuid bits, capabilities and nodes are kept', async () => {
  writeFileSync(image('suid'), 'x');
  chownSync(image('suid'), 12, 34);
  chmodSync(image('suid'), 0o4755);
  chownSync(image('.'), 56, 78);
  const from = openDirectory(image('.'));
  const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  setXattrAt(from, 'suid', { name: 'security.capability', value: capability });
  makeNodeAt(from, 'null', { kind: 'char', mode: 0o666, device: [1, 3] });
  makeNodeAt(from, 'fifo', { kind: 'fifo', mode: 0o644, device: [0, 0] });
  closeFd(from);
  await go();
  const { uid, gid, mode } = lstatSync(copied('suid'));
  expect([uid, gid, mode & 0o7777]).toEqual([12, 34, 0o4755]);
  expect([lstatSync(copied('.')).uid, lstatSync(copied('.')).gid]).toEqual([56, 78]);
  const to = openDirectory(place.data);
  expect(xattrsAt(to, 'suid').get('security.capability')?.equals(capability)).toBe(true);
  closeFd(to);
  expect(lstatSync(copied('null')).isCharacterDevice()).toBe(true);
  expect(lstatSync(copied('fifo')).isFIFO()).toBe(true);
});

test.if(isRoot)('the same directory by a quicker way, without what an overlay marks as gone', async () => {
  writeFileSync(image('there'), 'x');
  const from = openDirectory(image('.'));
  makeNodeAt(from, 'gone', { kind: 'char', mode: 0, device: [0, 0] });
  const alone = async () => openDirectoryAt(from, '.');
  await fill(place, { rootFd: -1, path: '/nowhere', alone }, (copy) => copyTree(program, copy));
  expect(readdirSync(place.data)).toEqual(['there']);
  closeFd(from);
});

test('only an empty volume is filled, and only from a directory', async () => {
  writeFileSync(image('new'), 'x');
  writeFileSync(join(directory, 'root/file'), 'x');
  await go('/nowhere');
  await go('/file');
  expect(readdirSync(place.data)).toEqual([]);
  writeFileSync(copied('mine'), 'x');
  await go();
  expect(readdirSync(place.data)).toEqual(['mine']);
});

test('a path never leads out of the root', async () => {
  mkdirSync(join(directory, 'outside'));
  writeFileSync(join(directory, 'outside/secret'), 'x');
  symlinkSync('../../../../outside', image('up'));
  symlinkSync(join(directory, 'outside'), image('absolute'));
  await go('/var/lib/db/up');
  await go('/var/lib/db/absolute');
  await go('/../outside');
  expect(readdirSync(place.data)).toEqual([]);
});

test('a copy that was cut short is made anew', async () => {
  writeFileSync(image('a'), 'whole');
  writeFileSync(copied('a'), 'ha');
  mkdirSync(copied('junk'));
  writeFileSync(place.marker, '');
  await go();
  expect(readdirSync(place.data)).toEqual(['a']);
  expect(readFileSync(copied('a'), 'utf8')).toBe('whole');
  expect(existsSync(place.marker)).toBe(false);
});
