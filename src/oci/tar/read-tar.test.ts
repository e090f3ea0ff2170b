import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../../test/support/random.ts';
import { makeTar } from './make-tar.ts';
import { readTar, type TarEntry } from './read-tar.ts';

const dir = mkdtempSync(join(tmpdir(), 'tug-tar-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function* cut(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = 700): Promise<(TarEntry & { text: string })[]> {
  const entries: (TarEntry & { text: string })[] = [];
  for await (const entry of readTar(cut(bytes, size))) {
    const parts: Uint8Array[] = [];
    for await (const part of entry.data()) parts.push(part.slice());
    entries.push({ ...entry, text: Buffer.concat(parts).toString('latin1') });
  }
  return entries;
}

test('files with their owners, modes, times and links, however the stream is cut', async () => {
  const archive = makeTar([
    { name: 'dir/', type: '5', mode: 0o1777 },
    { name: 'dir/file', data: 'x'.repeat(1500), mode: 0o4755, uid: 7, gid: 8, mtime: 1_700_000_000 },
    { name: 'dir/hard', type: '1', linkName: 'dir/file', size: 1500 },
    { name: 'soft', type: '2', linkName: '../../etc' },
    { name: 'null', type: '3', device: [1, 3] },
    { name: 'old/', type: '\0' },
  ]);
  for (const size of [1, 511, 512, 513, 1 << 20]) {
    const [directory, file, hard, soft, device, old] = await read(archive, size);
    expect(directory).toMatchObject({ name: 'dir/', type: 'directory', mode: 0o1777 });
    expect(file).toMatchObject({ type: 'file', mode: 0o4755, uid: 7, gid: 8, size: 1500, text: 'x'.repeat(1500) });
    expect(file?.modified).toEqual({ seconds: 1_700_000_000, nanoseconds: 0 });
    expect(hard).toMatchObject({ type: 'link', linkName: 'dir/file', size: 0 });
    expect(soft).toMatchObject({ type: 'symlink', linkName: '../../etc' });
    expect(device).toMatchObject({ type: 'char', device: [1, 3] });
    expect(old).toMatchObject({ type: 'directory' });
  }
});

test('data that nobody reads is passed over', async () => {
  const names: string[] = [];
  const archive = makeTar([{ name: 'a', data: 'x'.repeat(5000) }, { name: 'b' }]);
  for await (const entry of readTar(cut(archive, 100))) names.push(entry.name);
  expect(names).toEqual(['a', 'b']);
});

test('PAX headers: long names, big ids, nanoseconds, attributes, and no global ones', async () => {
  const long = `${'d'.repeat(90)}/`.repeat(20);
  const [entry, next] = await read(
    makeTar([
      { name: 'global', type: 'g', data: '18 path=everybody\n' },
      {
        name: 'short',
        data: 'abc',
        pax: { path: `${long}\xc3\xa9`, uid: '3000000000', mtime: '12.000000345', 'SCHILY.xattr.user.x': 'a\0=b' },
      },
      { name: 'next', pax: { mtime: '-0.5' } },
    ]),
  );
  expect(entry).toMatchObject({ name: `${long}\xc3\xa9`, uid: 3_000_000_000, text: 'abc' });
  expect(entry?.modified).toEqual({ seconds: 12, nanoseconds: 345 });
  expect(Buffer.from(entry?.xattrs.get('user.x') ?? []).toString()).toBe('a\0=b');
  expect(next).toMatchObject({ name: 'next', uid: 0, modified: { seconds: -1, nanoseconds: 500_000_000 } });
});

test('GNU tar: long names, long links and sparse files of every kind', async () => {
  const holes = join(dir, 'holes');
  writeFileSync(holes, 'start');
  truncateSync(holes, 40_000_000);
  const file = await open(holes, 'r+');
  for (let n = 1; n < 40; n++) await file.write(`piece ${n}`, n * 1_000_000);
  await file.close();
  const name = 'n'.repeat(200);
  Bun.spawnSync(['ln', '-s', 'l'.repeat(300), name], { cwd: dir });
  for (const format of ['gnu', 'posix']) {
    for (const version of format === 'gnu' ? ['1.0'] : ['0.0', '0.1', '1.0']) {
      const made = Bun.spawnSync(
        ['tar', '-c', `--format=${format}`, '--sparse', `--sparse-version=${version}`, 'holes', name],
        { cwd: dir, stderr: 'inherit' },
      );
      const [sparse, link] = await read(made.stdout, 10_000);
      expect(sparse).toMatchObject({ name: 'holes', size: 40_000_000 });
      const segments = sparse?.segments ?? [];
      expect(segments[0]?.offset).toBe(0);
      expect(sparse?.text.startsWith('start')).toBe(true);
      const before = segments.filter((segment) => segment.offset < 39_000_000);
      const skipped = before.reduce((sum, segment) => sum + Math.min(segment.length, 39_000_000 - segment.offset), 0);
      expect(sparse?.text.slice(skipped, skipped + 8)).toBe('piece 39');
      expect(link).toMatchObject({ name, linkName: 'l'.repeat(300) });
    }
  }
});

const hostile: Record<string, [archive: Buffer, message: string]> = {
  'a broken checksum': [flipped(makeTar([{ name: 'a' }]), 3), 'invalid tar header'],
  'no archive at all': [Buffer.alloc(1024, 'text '), 'invalid tar header'],
  'a cut header': [makeTar([{ name: 'a' }]).subarray(0, 300), 'unexpected EOF'],
  'cut data': [makeTar([{ name: 'a', data: 'x'.repeat(2000) }]).subarray(0, 1500), 'unexpected EOF'],
  'a negative size': [makeTar([{ name: 'a', raw: [[124, '\xff'.repeat(12)]] }]), 'invalid tar header'],
  'a size beyond all bounds': [makeTar([{ name: 'a', raw: [[124, `\x80\x7f${'\xff'.repeat(10)}`]] }]), 'invalid'],
  'a negative PAX size': [makeTar([{ name: 'a', pax: { size: '-1' } }]), 'invalid tar header'],
  'NUL in a PAX path': [makeTar([{ name: 'a', pax: { path: 'ok\0/../../etc' } }]), 'invalid tar header'],
  'NUL in a PAX link': [makeTar([{ name: 'a', type: '2', pax: { linkpath: 'x\0y' } }]), 'invalid tar header'],
  'a huge PAX header': [makeTar([{ name: 'x', type: 'x', size: 2 << 20 }]), 'invalid tar header'],
  'a PAX record longer than its header': [makeTar([{ name: 'x', type: 'x', data: '99 path=a\n' }]), 'invalid'],
  'an unknown type': [makeTar([{ name: 'a', type: 'Z' }]), 'invalid tar header'],
  'sparse pieces that overlap': [sparse('0,10,5,10', 20, 20), 'invalid tar header'],
  'sparse pieces beyond the end': [sparse('0,10,15,10', 20, 20), 'invalid tar header'],
  'sparse pieces with other data': [sparse('0,10', 20, 20), 'invalid tar header'],
  'an odd sparse map': [sparse('0,10,10', 20, 20), 'invalid tar header'],
  'an endless sparse map': [
    makeTar([
      {
        name: 'a',
        data: '9999999\n'.repeat(512),
        pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' },
      },
    ]),
    'invalid tar header',
  ],
};

function sparse(map: string, realSize: number, stored: number): Buffer {
  const pax = { 'GNU.sparse.map': map, 'GNU.sparse.size': String(realSize) };
  return makeTar([{ name: 'a', data: 'x'.repeat(stored), pax }]);
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  return bytes;
}

for (const [what, [archive, message]] of Object.entries(hostile)) {
  test(`${what} is refused`, async () => {
    await expect(read(archive)).rejects.toThrow(message);
  });
}

test('an archive may lack its end', async () => {
  expect(await read(makeTar([{ name: 'a' }], { end: false }))).toHaveLength(1);
});

/** Broken headers whose checksum holds get further into the reader than those that are refused for it. */
function mended(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.write('        ', at + 148, 'latin1');
    const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return bytes;
}

test('no mutation of an archive does worse than an error', async () => {
  const seed = Number(process.env.TUG_FUZZ_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const base = makeTar([
    { name: 'dir/', type: '5' },
    { name: 'file', data: 'some data', pax: { mtime: '1.5', 'SCHILY.xattr.user.a': 'b' } },
    { name: 'sparse', data: 'x'.repeat(10), pax: { 'GNU.sparse.map': '5,10', 'GNU.sparse.size': '20' } },
    { name: 'link', type: '1', linkName: 'file' },
    { name: 'long', type: 'L', data: 'n'.repeat(120) },
    { name: 'after', data: 'y'.repeat(600) },
  ]);
  const rounds = Number(process.env.TUG_FUZZ_ROUNDS ?? 300);
  let whole = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(base);
    for (let n = random.below(4); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    if (random.chance(0.7)) mended(bytes);
    try {
      for (const entry of await read(bytes.subarray(0, bytes.length - random.below(3) * random.below(1000)), 1000)) {
        expect(entry.size).toBeGreaterThanOrEqual(0);
        expect(Number.isSafeInteger(entry.size)).toBe(true);
      }
      whole++;
    } catch (error) {
      if ((error as { kind?: string }).kind !== 'invalid')
        throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
  }
  // It is neither all refused at the door nor all let through.
  expect(whole).toBeGreaterThan(rounds / 20);
  expect(whole).toBeLessThan(rounds);
}, 3_600_000);
