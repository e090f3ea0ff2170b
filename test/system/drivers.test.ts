// The same life of layers and containers on each storage driver: what is seen must be the same. btrfs lives on a loop device.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../src/kit/index.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';

const program = join(import.meta.dir, '../support/driver-steps.ts');
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tug-driver-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Seen {
  before: string[];
  left: string[];
  damages: unknown[];
  changes: { path: string; kind: string }[];
  frozen: { same: boolean[]; names: string[]; changes: unknown[] };
}

function seenOn(driver: string, prefix: string[] = [], directory = join(root, driver)): Seen {
  mkdirSync(directory, { recursive: true });
  const { stdout, stderr, exitCode } = Bun.spawnSync([...prefix, process.execPath, program, directory, driver]);
  expect(stderr.toString()).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout.toString()) as Seen;
}

test('vfs shows what overlay2 shows', () => {
  const overlay = seenOn('overlay2');
  expect(overlay.left).toEqual([]);
  expect(overlay.damages).toEqual([]);
  expect(overlay).not.toHaveProperty('whole');
  expect(overlay.changes.length).toBe(6);
  expect(overlay.frozen).toMatchObject({ same: [true, true], names: ['one'], changes: overlay.changes });
  expect(seenOn('vfs')).toEqual(overlay);
}, 60_000);

test('btrfs shows what overlay2 shows', () => {
  const image = join(root, 'image');
  writeFileSync(image, '');
  truncateSync(image, 256 << 20);
  expect(Bun.spawnSync(['mkfs.btrfs', '-q', image]).stderr.toString()).toBe('');
  const directory = join(root, 'mounted');
  const mounting = [
    'unshare',
    '-m',
    '--propagation',
    'private',
    'sh',
    '-c',
    `mount -o loop ${image} ${directory} && exec "$@"`,
    'sh',
  ];
  expect(seenOn('btrfs', mounting, directory)).toEqual(seenOn('overlay2'));
}, 60_000);

// ZFS of the kernel, or where it has none that of the package zfs-fuse; without either there is nothing to try the driver on.
const withoutZfs = /\tzfs$/m.test(readFileSync('/proc/filesystems', 'utf8')) ? '' : 'zfs-fuse';
const noZfs = ['zfs', 'zpool', ...(withoutZfs ? [withoutZfs] : [])].filter((name) => Bun.which(name) === null);
if (noZfs.length > 0) console.log(`zfs is not tried: no module of the kernel, and not installed: ${noZfs.join(', ')}`);

test.skipIf(noZfs.length > 0)(
  'zfs shows what overlay2 shows',
  () => {
    const image = join(root, 'image');
    writeFileSync(image, '');
    truncateSync(image, 256 << 20);
    const directory = join(root, 'mounted');
    const pool = `tug${process.pid}`;
    const script = [
      ...(withoutZfs
        ? [
            'mkdir -p /var/run/zfs /var/lock/zfs; zfs-fuse --no-daemon & server=$!',
            'until zpool list >/dev/null 2>&1; do sleep 0.1; done',
          ]
        : ['server=']),
      `zpool create -o ashift=12 -o cachefile=none -m ${directory} ${pool} ${image}`,
      '"$@"; code=$?',
      `zfs list -H -r -o name ${pool} >${root}/datasets`,
      // The pool of a program goes with it.
      `if test -z "$server"; then zpool destroy -f ${pool}; else kill $server; wait $server; fi`,
      'exit $code',
    ].join('\n');
    const mounting = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh'];
    expect(seenOn('zfs', mounting, directory)).toEqual(seenOn('overlay2'));
    // The pool, and the engine's own dataset: all trees are gone.
    expect(readFileSync(join(root, 'datasets'), 'utf8').trim().split('\n')).toEqual([
      pool,
      expect.stringMatching(/^tug\d+\/tug-/),
    ]);
  },
  120_000,
);

test('a driver that cannot be used is refused with the way out', () => {
  const refusal = (driver: string) => () => createSnapshots({ root, log: silent, driver });
  expect(refusal('btrfs')).toThrow('is not on a btrfs file system');
  for (const driver of ['aufs', 'devicemapper']) expect(refusal(driver)).toThrow(/no longer have it; save the images/);
  expect(refusal('zfs')).toThrow(/storage-driver zfs: .*: prerequisites not met/);
  expect(refusal('none')).toThrow('driver not supported: none');
});
