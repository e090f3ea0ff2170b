// Archives in and out of a container's tree, and what a hostile archive or a hostile container tries with them.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from '../../src/container/files/extract.ts';
import { locate } from '../../src/container/files/locate.ts';
import type { FileTree, Mounted } from '../../src/container/files/tree.ts';
import { closeFd, openDirectory, setXattrAt, xattrsAt } from '../../src/host/index.ts';
import { messageOf } from '../../src/kit/index.ts';
import { readTar } from '../../src/oci/index.ts';
import { makeTar, type TarPart } from '../../src/oci/tar/make-tar.ts';
import { packTree } from '../../src/snapshot/index.ts';

let base = '';
/** The container's root; beside it lies what must not be touched. */
let root = '';
let outside = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tug-files-'));
  [root, outside] = [join(base, 'root'), join(base, 'outside')];
  mkdirSync(join(root, 'd'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'of the host');
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(base, { recursive: true, force: true });
});

function treeOf(mounts: Record<string, Mounted> = {}): FileTree {
  const fd = openDirectory(root);
  return {
    root: fd,
    mounted: (path) => mounts[path],
    mountedBelow: () => false,
    silent: [],
    lacksPlaces: false,
    isForeign: () => false,
    close: () => closeFd(fd),
  };
}

async function put(parts: TarPart[], options: { into?: string; strict?: boolean; tree?: FileTree } = {}) {
  const tree = options.tree ?? treeOf();
  const bytes = makeTar(parts);
  try {
    await extract(tree, {
      // In pieces of an odd size, as a network would bring them.
      archive: (async function* () {
        for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
      })(),
      into: options.into ?? 'd',
      shown: '/d',
      noOverwriteDirNonDir: options.strict ?? false,
    });
  } finally {
    tree.close();
  }
}

async function pack(path: string, as = 'x'): Promise<Buffer> {
  const directory = openDirectory(path);
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of packTree({ from: { directory, name: Buffer.from('.') }, as })) pieces.push(piece);
  } finally {
    closeFd(directory);
  }
  return Buffer.concat(pieces);
}

const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', messageOf);
const untouched = () =>
  expect(readdirSync(outside).map((name) => [name, readFileSync(join(outside, name), 'utf8')])).toEqual([
    ['secret', 'of the host'],
  ]);

test('a tree comes back as it was: owners, modes, links, devices, long names, attributes, times', async () => {
  const from = join(base, 'from');
  const long = `${'n'.repeat(200)}`;
  mkdirSync(join(from, 'sub', long), { recursive: true });
  writeFileSync(join(from, 'plain'), 'x'.repeat(70_000));
  chmodSync(join(from, 'plain'), 0o4751);
  chownSync(join(from, 'sub'), 1234, 5_000_000);
  linkSync(join(from, 'plain'), join(from, 'sub/other'));
  symlinkSync('../nowhere/ü', join(from, 'sub/link'));
  writeFileSync(join(from, 'sub', long, 'größe'), '');
  writeFileSync(join(from, 'sparse'), '');
  truncateSync(join(from, 'sparse'), 3 << 20);
  execFileSync('mkfifo', [join(from, 'fifo')]);
  execFileSync('mknod', [join(from, 'null'), 'c', '1', '3']);
  const fd = openDirectory(from);
  setXattrAt(fd, 'plain', { name: 'user.note', value: Buffer.from('n\0=\n') });
  closeFd(fd);
  utimesSync(join(from, 'plain'), 1000, 1000);
  utimesSync(join(from, 'sub'), 2000, 2000);

  const archive = await pack(from);
  const tree = treeOf();
  await extract(tree, { archive: one(archive), into: 'd', shown: '/d', noOverwriteDirNonDir: false });
  tree.close();
  const to = join(root, 'd/x');
  for (const name of ['plain', 'sub', 'sparse', 'fifo', 'null', `sub/${long}/größe`]) {
    const [was, is] = [lstatSync(join(from, name)), lstatSync(join(to, name))];
    expect([name, is.mode, is.uid, is.gid, is.rdev]).toEqual([name, was.mode, was.uid, was.gid, was.rdev]);
    if (!was.isDirectory()) expect([name, is.size]).toEqual([name, was.size]);
  }
  expect(readlinkSync(join(to, 'sub/link'))).toBe('../nowhere/ü');
  expect(lstatSync(join(to, 'sub/other')).ino).toBe(lstatSync(join(to, 'plain')).ino);
  expect([lstatSync(join(to, 'plain')).mtimeMs, lstatSync(join(to, 'sub')).mtimeMs]).toEqual([1_000_000, 2_000_000]);
  const copy = openDirectory(to);
  expect(xattrsAt(copy, 'plain').get('user.note')?.toString()).toBe('n\0=\n');
  closeFd(copy);
  // The same tree is always the same bytes.
  expect((await pack(from)).equals(archive)).toBe(true);
});

async function* one(bytes: Uint8Array) {
  yield bytes;
}

test('names and hard links that lead above the directory are refused', async () => {
  const host = join(outside, 'secret');
  expect(await failure(put([{ name: '../evil', data: 'x' }]))).toBe('invalid entry name "../evil"');
  expect(await failure(put([{ name: 'a/../../evil', data: 'x' }]))).toBe('invalid entry name "a/../../evil"');
  expect(await failure(put([{ name: 'h', type: '1', linkName: '../../outside/secret' }]))).toBe(
    'invalid hardlink target "../../outside/secret"',
  );
  // An absolute target is one below the directory, which has none.
  expect(await failure(put([{ name: 'h', type: '1', linkName: host }]))).toContain('ENOENT');
  await put([{ name: '/abs', data: 'x' }]);
  expect(readdirSync(join(root, 'd'))).toEqual(['abs']);
  untouched();
});

test('symlinks of the archive and of the container end at the root', async () => {
  symlinkSync(outside, join(root, 'd/there'));
  symlinkSync('../../../../../../../../../../..', join(root, 'd/up'));
  await put([
    { name: 'there/new', data: 'x' },
    { name: 'link', type: '2', linkName: outside },
    { name: 'link/secret', data: 'overwritten' },
    { name: `up${outside}/secret`, data: 'overwritten' },
  ]).catch(() => undefined);
  untouched();
  // The same paths, as somebody without a root directory of his own would take them, lead out: so the attack is one.
  expect(existsSync(join(root, 'd/there/secret'))).toBe(true);
});

test('a path is found as a process in the container would find it', () => {
  mkdirSync(join(root, 'd/e'));
  writeFileSync(join(root, 'd/e/f'), '');
  symlinkSync('/d/e', join(root, 'abs'));
  symlinkSync('../../../d', join(root, 'd/up'));
  symlinkSync('loop', join(root, 'loop'));
  const tree = treeOf();
  const find = (path: string, follow = true) => {
    try {
      const found = locate(tree, path, { follow });
      found.close();
      return found.path;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(['abs/f', 'd/up/e/f', '../../d', 'abs/../f', 'abs/../../d', '', '/'].map((path) => find(path))).toEqual([
    'd/e/f',
    'd/e/f',
    'd',
    'ENOENT',
    'd',
    '',
    '',
  ]);
  expect([find('abs', false), find('abs/', false), find('loop'), find('d/e/f/'), find('nope')]).toEqual([
    'abs',
    'd/e',
    'ELOOP',
    'ENOTDIR',
    'ENOENT',
  ]);
  tree.close();
});

test('what is there is replaced, directories are kept, and only if that is wished', async () => {
  await put([
    { name: 'a', type: '5', mode: 0o755 },
    { name: 'a/b', data: '1' },
    { name: 'c', data: '2' },
  ]);
  await put([
    { name: 'a', type: '5', mode: 0o700 },
    { name: 'a/n', data: '3' },
  ]);
  expect(readdirSync(join(root, 'd/a')).toSorted()).toEqual(['b', 'n']);
  expect(lstatSync(join(root, 'd/a')).mode & 0o777).toBe(0o700);
  expect(await failure(put([{ name: 'a', data: 'x' }], { strict: true }))).toBe(
    'cannot overwrite directory "a" with non-directory "/d"',
  );
  expect(await failure(put([{ name: 'c', type: '5' }], { strict: true }))).toBe(
    'cannot overwrite non-directory "c" with directory "/d"',
  );
  await put([
    { name: 'a', data: 'x' },
    { name: 'p/q/r', data: 'y' },
  ]);
  expect(readFileSync(join(root, 'd/a'), 'utf8')).toBe('x');
  expect(lstatSync(join(root, 'd/p/q')).mode & 0o777).toBe(0o755);
});

test('a stopped container shows its mounts, and read-only ones stay so', async () => {
  mkdirSync(join(base, 'volume/_data'), { recursive: true });
  writeFileSync(join(base, 'volume/_data/f'), 'v');
  const directory = openDirectory(join(base, 'volume'));
  const mounted = (readOnly: boolean) => treeOf({ 'd/v': { directory, name: Buffer.from('_data'), readOnly } });
  await put([{ name: 'v/new', data: 'n' }], { tree: mounted(false) });
  expect(readFileSync(join(base, 'volume/_data/new'), 'utf8')).toBe('n');
  expect(existsSync(join(root, 'd/v'))).toBe(false);
  expect(await failure(put([{ name: 'v/ro', data: 'n' }], { tree: mounted(true) }))).toContain('read-only file system');
  expect(await failure(put([{ name: 'v/f', data: 'n' }], { tree: mounted(true) }))).toContain('read-only file system');
  expect(await failure(put([{ name: 'v', data: 'n' }], { tree: mounted(false) }))).toContain('busy');
  expect(readdirSync(join(base, 'volume/_data')).toSorted()).toEqual(['f', 'new']);
  closeFd(directory);
});

test('a container that swaps a directory for a symlink meanwhile neither gets files out of the host nor into it', async () => {
  // It exchanges d/swap, a directory, with a symlink to the host's files, as fast as it can.
  mkdirSync(join(root, 'd/swap'));
  writeFileSync(join(root, 'd/swap/secret'), 'of the container');
  const script = `import ctypes,sys
c=ctypes.CDLL(None,use_errno=True)
while True:
  for a,b in (('swap','link'),('swap','link')): c.renameat2(-100,a.encode(),-100,b.encode(),2)`;
  symlinkSync(outside, join(root, 'd/link'));
  children.push(spawn('python3', ['-c', script], { cwd: join(root, 'd'), stdio: 'ignore' }));
  const seen = new Set<string>();
  let [written, refused] = [0, 0];
  for (let round = 0; round < 60; round++) {
    const archive = await pack(join(root, 'd'), 'd');
    for await (const entry of readTar(one(archive))) {
      if (!entry.name.endsWith('/secret')) continue;
      for await (const bytes of entry.data()) seen.add(Buffer.from(bytes).toString());
    }
    const name = `swap/new${round}`;
    const message = await failure(
      put([
        { name, data: 'x' },
        { name: 'link/new', data: 'x' },
      ]),
    );
    if (message === 'none') written++;
    else refused++;
  }
  expect([...seen]).toEqual(['of the container']);
  untouched();
  expect(written + refused).toBe(60);
}, 60_000);

test('a tree too deep for any path is refused, and leaves no file open', async () => {
  // As a container can make one, step by step from within.
  const script = "import os\nname = 'd' * 250\nfor i in range(20):\n  os.mkdir(name); os.chdir(name)";
  execFileSync('python3', ['-c', script], { cwd: join(root, 'd') });
  const before = readdirSync('/proc/self/fd').length;
  expect(await failure(pack(join(root, 'd')))).toContain('ENAMETOOLONG');
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  await put([{ name: 'd', pax: { path: 'd'.repeat(250) }, data: 'x' }]);
  expect(lstatSync(join(root, 'd', 'd'.repeat(250))).isFile()).toBe(true);
});
