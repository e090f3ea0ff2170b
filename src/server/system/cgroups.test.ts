import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockWarnings, limitWarnings, readLimits } from './cgroups.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-cgroups-'));
afterAll(() => rmSync(directory, { recursive: true }));

function rootWith(controllers: string): string {
  const root = mkdtempSync(join(directory, 'v2-'));
  writeFileSync(join(root, 'cgroup.controllers'), controllers);
  return root;
}

test('version 2: what of the controllers is missing is warned of, in Docker’s order', () => {
  const root = rootWith('memory pids\n');
  expect([...limitWarnings(readLimits(root)).filter((one) => !one.includes('swap')), ...blockWarnings(root)]).toEqual([
    'WARNING: No cpu cfs quota support',
    'WARNING: No cpu cfs period support',
    'WARNING: No cpu shares support',
    'WARNING: No cpuset support',
    'WARNING: No io.weight support',
    'WARNING: No io.weight (per device) support',
    'WARNING: No io.max (rbps) support',
    'WARNING: No io.max (wbps) support',
    'WARNING: No io.max (riops) support',
    'WARNING: No io.max (wiops) support',
  ]);
  expect(blockWarnings(rootWith('cpu io memory'))).toEqual([]);
});

test('version 1: each file that throttles is looked for', () => {
  const root = mkdtempSync(join(directory, 'v1-'));
  mkdirSync(join(root, 'blkio'));
  for (const name of ['read_bps', 'write_iops']) writeFileSync(join(root, `blkio/blkio.throttle.${name}_device`), '');
  expect(blockWarnings(root)).toEqual([
    'WARNING: No blkio throttle.write_bps_device support',
    'WARNING: No blkio throttle.read_iops_device support',
  ]);
});
