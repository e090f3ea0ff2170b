import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import {
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closeFd,
  makeDirectoryAt,
  openDirectory,
  openDirectoryAt,
  openIn,
  readFileIn,
  statusOf,
  usingFd,
  writeFd,
  xattrsAt,
} from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import { makeTar, type TarPart } from '../../src/oci/tar/make-tar.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';
import { slowness } from '../support/command.ts';

let root = '';
let snapshots: Snapshots;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tug-snapshot-test-'));
  snapshots = createSnapshots({ root, log: silent });
});
afterEach(async () => {
  await snapshots.settled();
  rmSync(root, { recursive: true, force: true });
});

async function* streamed(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

function digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function apply(parts: TarPart[], parents: string[] = []): Promise<string> {
  const tar = makeTar(parts);
  return (await snapshots.applyLayer({ diffId: digest(tar), parents, tar: streamed(tar) })).diffId;
}

/** The merged tree of a new container on the layers. */
async function merged<T>(layers: string[], look: (root: number) => T): Promise<T> {
  await snapshots.create('c', layers);
  const fd = snapshots.mount('c', { volatile: false });
  try {
    return look(fd);
  } finally {
    closeFd(fd);
    await snapshots.remove('c');
  }
}

const entry = (fd: number, path: string) => {
  const parent = openIn(fd, join(path, '..'), constants.O_RDONLY);
  return usingFd(parent, () => ({
    ...statusOf(parent, path.split('/').at(-1) ?? ''),
    xattrs: xattrsAt(parent, path.split('/').at(-1) ?? ''),
  }));
};
const text = (fd: number, path: string) => readFileIn(fd, path)?.toString();

test('files have owner, mode, time, attributes and kind as the archive says', async () => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex').toString('latin1');
  const layer = await apply([
    { name: './', type: '5', mode: 0o711, uid: 3, gid: 4 },
    { name: 'bin/', type: '5', mode: 0o1777, pax: { mtime: '100.000000007' } },
    { name: 'bin/su', data: 'su', mode: 0o4755, uid: 5, gid: 6, pax: { mtime: '200.5', 'SCHILY.xattr.user.x': 'y' } },
    { name: 'bin/ping', data: 'ping', mode: 0o755, pax: { 'SCHILY.xattr.security.capability': capability } },
    { name: 'bin/sh', type: '1', linkName: '/bin/su' },
    { name: 'link', type: '2', linkName: '/bin', mtime: 300 },
    { name: 'null', type: '3', device: [1, 3], mode: 0o666 },
    { name: 'loop', type: '4', device: [7, 300], mode: 0o660, gid: 6 },
    { name: 'pipe', type: '6', mode: 0o600 },
    { name: 'implied/deep/file', data: 'x' },
  ]);
  await merged([layer], (fd) => {
    expect(statusOf(fd, '.')).toMatchObject({ mode: 0o711, uid: 3, gid: 4 });
    expect(entry(fd, 'bin')).toMatchObject({ mode: 0o1777, modified: { seconds: 100, nanoseconds: 7 } });
    const su = entry(fd, 'bin/su');
    expect(su).toMatchObject({ mode: 0o4755, uid: 5, gid: 6, links: 2, modified: { nanoseconds: 500_000_000 } });
    expect(su.xattrs.get('user.x')?.toString()).toBe('y');
    expect(entry(fd, 'bin/sh').inode).toBe(su.inode);
    expect(entry(fd, 'bin/ping').xattrs.get('security.capability')?.toString('latin1')).toBe(capability);
    expect(entry(fd, 'link')).toMatchObject({ kind: 'symlink', modified: { seconds: 300 } });
    expect(entry(fd, 'null')).toMatchObject({ kind: 'char', node: [1, 3], mode: 0o666 });
    expect(entry(fd, 'loop')).toMatchObject({ kind: 'block', node: [7, 300], mode: 0o660, gid: 6 });
    expect(entry(fd, 'pipe').kind).toBe('fifo');
    expect(entry(fd, 'implied/deep')).toMatchObject({ kind: 'directory', mode: 0o755 });
    expect(text(fd, 'link/su')).toBe('su');
  });
  expect(snapshots.layerSize(layer, [])).toBe(11);
});

test('whiteouts hide what is below, and only that', async () => {
  const base = await apply([
    { name: 'a', data: 'a' },
    { name: 'd/', type: '5' },
    { name: 'd/old', data: 'old' },
    { name: 'e/', type: '5' },
    { name: 'e/old', data: 'old' },
    { name: 'f/', type: '5' },
    { name: 'f/old', data: 'old' },
  ]);
  const upper = await apply(
    [
      { name: '.wh.a' },
      { name: 'd/', type: '5' },
      { name: 'd/new', data: 'new' },
      { name: 'd/.wh..wh..opq' },
      { name: '.wh.e' },
      { name: 'e/', type: '5' },
      { name: 'e/new', data: 'new' },
      { name: 'f/', type: '5' },
      { name: 'f/new', data: 'new' },
      { name: '.wh.f' },
      { name: '.wh..wh.plnk', type: '5' },
    ],
    [base],
  );
  await merged([base, upper], (fd) => {
    expect(text(fd, 'a')).toBeUndefined();
    for (const dir of 'def') expect([text(fd, `${dir}/old`), text(fd, `${dir}/new`)]).toEqual([undefined, 'new']);
  });
  await expect(apply([{ name: 'd/.wh.' }])).rejects.toThrow('invalid whiteout');
  await expect(apply([{ name: '.wh...' }])).rejects.toThrow('invalid whiteout');
});

test('what a layer implies or links to is taken from the layers below, and such a layer is of one stack', async () => {
  const one = await apply([
    { name: 'home/', type: '5', mode: 0o700, uid: 9, mtime: 50 },
    { name: 'usr/lib/', type: '5', mode: 0o750 },
    { name: 'lib', type: '2', linkName: 'usr/lib' },
    { name: 'tool', data: 'tool', mode: 0o4711, uid: 3 },
  ]);
  const two = await apply([{ name: 'home/', type: '5', mode: 0o711 }]);
  const parts: TarPart[] = [
    { name: 'home/file', data: 'x' },
    { name: 'lib/so', data: 'so' },
    { name: 'usr/alias', type: '1', linkName: 'tool' },
  ];
  const leaning = await apply(parts, [one]);
  expect(snapshots.hasLayer(leaning, [one])).toBe(true);
  expect(snapshots.hasLayer(leaning, [one, two])).toBe(false);
  await apply(parts, [one, two]);
  await merged([one, leaning], (fd) => {
    expect(entry(fd, 'home')).toMatchObject({ mode: 0o700, uid: 9, modified: { seconds: 50 } });
    expect(entry(fd, 'lib').kind).toBe('symlink');
    expect(text(fd, 'usr/lib/so')).toBe('so');
    expect(entry(fd, 'usr/lib').mode).toBe(0o750);
    expect(entry(fd, 'usr/alias')).toMatchObject({ mode: 0o4711, uid: 3, inode: entry(fd, 'tool').inode });
  });
  await merged([one, two, leaning], (fd) => expect(entry(fd, 'home').mode).toBe(0o711));
  await expect(apply([{ name: 'x', type: '1', linkName: 'nowhere' }], [one])).rejects.toThrow(
    'no such file or directory',
  );
});

test('layers that lean on others wait for them when all are unpacked at once', async () => {
  const base = makeTar([{ name: 'dir/', type: '5', mode: 0o711 }]);
  async function* slowly() {
    await Bun.sleep(30);
    yield base;
  }
  const first = snapshots.applyLayer({ diffId: digest(base), parents: [], tar: slowly() });
  const second = apply([{ name: 'dir/file', data: 'x' }], [digest(base)]);
  await Promise.all([first, second]);
  await merged([digest(base), await second], (fd) => expect(entry(fd, 'dir').mode).toBe(0o711));
});

test('no entry gets out of its layer', async () => {
  const victim = join(root, 'victim');
  const up = '../'.repeat(20);
  const layer = await apply([
    { name: `${up}${victim}`, data: 'x' },
    { name: 'absolute', type: '2', linkName: root },
    { name: 'absolute/through', data: 'x' },
    { name: 'upwards', type: '2', linkName: `${up}${root}` },
    { name: 'upwards/through2', data: 'x' },
    { name: 'swapped/', type: '5' },
    { name: 'swapped/before', data: 'x' },
    { name: 'swapped', type: '2', linkName: '/' },
    { name: 'swapped/after', data: 'x' },
    { name: 'overlay', data: 'x', pax: { 'SCHILY.xattr.trusted.overlay.redirect': '/etc' } },
  ]);
  expect(readdirSync(root)).toEqual(['overlay2']);
  await merged([layer], (fd) => {
    expect(text(fd, victim)).toBe('x');
    expect(text(fd, join(root, 'through'))).toBe('x');
    expect(text(fd, join(root, 'through2'))).toBe('x');
    expect(text(fd, 'after')).toBe('x');
    expect(text(fd, 'swapped/before')).toBeUndefined();
  });
  const diff = snapshots.describeLayers([layer]).UpperDir ?? '';
  usingFd(openDirectory(diff), (fd) => expect(xattrsAt(fd, 'overlay').size).toBe(0));
  await expect(apply([{ name: 'passwd', type: '1', linkName: '/etc/passwd' }])).rejects.toThrow('no such file');
  await expect(apply([{ name: 'a', type: '2', linkName: 'a' }, { name: 'a/b' }])).rejects.toThrow('symbolic links');
  await expect(apply([{ name: 'a' }, { name: 'a/b' }])).rejects.toThrow('not a directory');
});

test('the last of several entries of a name holds', async () => {
  const layer = await apply([
    { name: 'x', data: 'first' },
    { name: 'x', data: 'second' },
    { name: 'y/', type: '5' },
    { name: 'y/inside', data: 'x' },
    { name: 'y', data: 'file now' },
    { name: 'z', type: '2', linkName: 'x' },
    { name: 'z', data: 'not through' },
    { name: 'self', data: 'self' },
    { name: 'self', type: '1', linkName: 'self' },
    { name: 'y2/', type: '5', mode: 0o700 },
    { name: 'y2/kept', data: 'kept' },
    { name: 'y2/', type: '5', mode: 0o711 },
  ]);
  await merged([layer], (fd) => {
    expect(['x', 'y', 'z', 'self', 'y2/kept'].map((path) => text(fd, path))).toEqual([
      'second',
      'file now',
      'not through',
      'self',
      'kept',
    ]);
    expect(entry(fd, 'y2').mode).toBe(0o711);
  });
});

test('sparse files stay sparse', async () => {
  const size = 50_000_000;
  const layer = await apply([
    { name: 'sparse', data: 'end', pax: { 'GNU.sparse.map': `${size - 3},3`, 'GNU.sparse.size': String(size) } },
  ]);
  await merged([layer], (fd) => {
    const status = entry(fd, 'sparse');
    expect(status.size).toBe(size);
    expect(status.allocated).toBeLessThan(1 << 20);
  });
});

test('a layer that is not what it should be leaves nothing behind', async () => {
  const tar = makeTar([{ name: 'a', data: 'x'.repeat(5000) }]);
  const wrong = digest(Buffer.from('other'));
  await expect(snapshots.applyLayer({ diffId: wrong, parents: [], tar: streamed(tar) })).rejects.toThrow(
    'invalid diffID for layer 0',
  );
  const cut = tar.subarray(0, 3000);
  await expect(snapshots.applyLayer({ diffId: digest(cut), parents: [], tar: streamed(cut) })).rejects.toThrow(
    'unexpected EOF',
  );
  await snapshots.settled();
  for (const dir of ['layers', 'incoming', 'doomed', 'l']) expect(readdirSync(join(root, 'overlay2', dir))).toEqual([]);
});

test('a layer is unpacked once, and removed when no container stands on it', async () => {
  const parts = [{ name: 'a', data: 'x' }];
  const layer = await apply(parts);
  const again = streamed(makeTar([{ name: 'other' }]));
  await snapshots.applyLayer({ diffId: layer, parents: [], tar: again });
  expect((await again.next()).done).toBe(false);
  await snapshots.create('c1', [layer]);
  await snapshots.removeLayer(layer);
  expect(snapshots.hasLayer(layer, [])).toBe(true);
  await snapshots.remove('c1');
  expect(snapshots.hasLayer(layer, [])).toBe(false);
  await expect(snapshots.create('c2', [layer])).rejects.toThrow('not unpacked');
  await snapshots.settled();
  expect(readdirSync(join(root, 'overlay2/layers'))).toEqual([]);
});

test("a container's writable layer is its own, has a size, and can be mounted again", async () => {
  const layer = await apply([{ name: 'a', data: 'image' }]);
  await snapshots.create('c', [layer]);
  for (const round of [1, 2]) {
    const fd = snapshots.mount('c', { volatile: true });
    const file = openIn(fd, `round${round}`, constants.O_CREAT | constants.O_WRONLY, { mode: 0o644 });
    writeFd(file, Buffer.alloc(1000));
    closeFd(file);
    closeFd(fd);
  }
  expect(await snapshots.size('c')).toBe(2000);
  const data = snapshots.describe('c');
  expect(Object.keys(data).toSorted()).toEqual(['LowerDir', 'MergedDir', 'UpperDir', 'WorkDir']);
  expect(existsSync(join(data.UpperDir ?? '', 'round2'))).toBe(true);
  expect(lstatSync(join(root, 'overlay2')).mode & 0o777).toBe(0o700);
  await snapshots.remove('c');
  await snapshots.remove('c');
  expect(existsSync(data.UpperDir ?? '')).toBe(false);
});

test('a sweep removes what nobody knows, also after a restart', async () => {
  const kept = await apply([{ name: 'a' }]);
  const lost = await apply([{ name: 'b' }]);
  await snapshots.create('kept', [kept]);
  await snapshots.create('lost', [lost]);
  snapshots = createSnapshots({ root, log: silent });
  await snapshots.sweep({ container: (id) => id === 'kept', layer: (diffId) => diffId === kept });
  await snapshots.settled();
  expect([snapshots.hasLayer(kept, []), snapshots.hasLayer(lost, [])]).toEqual([true, false]);
  expect(readdirSync(join(root, 'overlay2/containers'))).toEqual(['kept']);
  // Beside the layer's own the one of the engine's mount points on it.
  expect(readdirSync(join(root, 'overlay2/l'))).toHaveLength(2);
  expect(readlinkSync(join(root, 'overlay2/l', readdirSync(join(root, 'overlay2/l'))[0] ?? ''))).toContain('/diff');
});

test('no sequence of entries reaches outside, leaks a descriptor or fails in another way than with an error', async () => {
  const seed = Number(process.env.TUG_FUZZ_SEED ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const pick = <T>(of: T[]) => of[random(of.length)] as T;
  const canary = join(root, 'canary');
  mkdirSync(canary);
  writeFileSync(join(canary, 'file'), 'untouched');
  const names = [
    'a',
    'b',
    'a/b',
    'a/b/c',
    'b/c',
    './',
    'a/../b',
    '../x',
    '/c',
    '.wh.a',
    'a/.wh.b',
    'a/.wh..wh..opq',
    'a/.wh.',
  ];
  const targets = [
    'a',
    'b',
    '/a/b',
    '../..',
    '/',
    '.',
    `../../../..${canary}`,
    canary,
    `${canary}/file`,
    'nowhere',
    '',
  ];
  const part = (): TarPart => {
    const type = pick(['0', '0', '0', '1', '2', '2', '3', '5', '5', '6']);
    return {
      name: pick(names),
      type,
      linkName: pick(targets),
      ...(type === '0' ? { data: 'x'.repeat(random(3000)) } : {}),
    };
  };
  const parents = [
    await apply([
      { name: 'a/', type: '5' },
      { name: 'b', type: '2', linkName: canary },
    ]),
  ];
  const descriptors = readdirSync('/proc/self/fd').length;
  for (let round = 0; round < Number(process.env.TUG_FUZZ_ROUNDS ?? 150); round++) {
    const parts = Array.from({ length: 1 + random(8) }, part);
    try {
      await apply(parts, random(2) ? parents : []);
    } catch (error) {
      const { name } = error as Error;
      if (name !== 'EngineError') throw new Error(`seed ${seed}: ${JSON.stringify(parts)}`, { cause: error });
    }
  }
  await snapshots.settled();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors + 1);
  expect(readdirSync(root).toSorted()).toEqual(['canary', 'overlay2']);
  expect(readdirSync(canary)).toEqual(['file']);
  expect(readFileSync(join(canary, 'file'), 'utf8')).toBe('untouched');
  expect(lstatSync(join(canary, 'file')).nlink).toBe(1);
  expect(readdirSync(join(root, 'overlay2/incoming'))).toEqual([]);
}, 3_600_000);

test('a tree of any depth is removed, and soon', async () => {
  await snapshots.create('deep', [await apply([{ name: 'a' }])]);
  const { UpperDir = '' } = snapshots.describe('deep');
  const name = 'd'.repeat(20);
  let at = openDirectoryAt(-100, UpperDir);
  for (let depth = 0; depth < 3000; depth++) {
    makeDirectoryAt(at, name, 0o755);
    const below = openDirectoryAt(at, name);
    closeFd(at);
    at = below;
  }
  closeFd(at);
  expect(await snapshots.size('deep')).toBe(0);
  const start = performance.now();
  await snapshots.remove('deep');
  await snapshots.settled();
  // Removed as it is, a tree so deep takes more than 20 s.
  expect(performance.now() - start).toBeLessThan(10_000 * slowness);
  expect(readdirSync(join(root, 'overlay2/doomed'))).toEqual([]);
}, 30_000);
