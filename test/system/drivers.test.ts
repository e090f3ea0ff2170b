// The same life of layers and containers on each storage driver: what is seen must be the same. btrfs lives on a loop device.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
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

test('a driver that cannot be used is refused with the way out', () => {
  const refusal = (driver: string) => () => createSnapshots({ root, log: silent, driver });
  expect(refusal('btrfs')).toThrow('is not on a btrfs file system');
  for (const driver of ['aufs', 'devicemapper']) expect(refusal(driver)).toThrow(/no longer have it; save the images/);
  expect(refusal('zfs')).toThrow('zfs is not supported: use overlay2');
  expect(refusal('none')).toThrow('driver not supported: none');
});
