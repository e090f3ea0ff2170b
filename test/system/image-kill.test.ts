import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { imagesThere } from '../support/images-there.ts';

const program = join(import.meta.dir, '../support/image-steps.ts');
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tug-image-kill-'));
  const layers = [makeTar([{ name: 'a', data: 'aaa' }]), makeTar([{ name: 'implied/b', data: 'bb' }])];
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
  const item = { Config: 'config', RepoTags: ['box:1'], Layers: ['0', '1'] };
  const parts = layers.map((data, index) => ({ name: String(index), data }));
  const manifest = { name: 'manifest.json', data: JSON.stringify([item]) };
  writeFileSync(join(dir, 'archive'), makeTar([...parts, { name: 'config', data: config }, manifest]));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(root: string, steps: string[], environment: Record<string, string>): number | null {
  const command = [process.execPath, program, join(dir, root), join(dir, 'archive'), ...steps];
  return Bun.spawnSync(command, { env: { ...process.env, ...environment }, stderr: 'inherit' }).exitCode;
}

/** A copy with everything that trees of layers have: attributes of the kernel's own, devices. */
function cpTree(from: string, to: string): void {
  expect(Bun.spawnSync(['cp', '-a', join(dir, from), join(dir, to)]).exitCode).toBe(0);
}

const scenarios: [prepare: string[], killed: string[], outcomes: string[][]][] = [
  [[], ['load'], [[], ['box:1']]],
  [[], ['import'], [[], ['box:2']]],
  [['load'], ['remove'], [['box:1'], []]],
  [['load'], ['create', 'delete'], [['box:1']]],
  [['load'], ['commit'], [['box:1'], ['box:3', 'box:1']]],
  [['load'], ['save', 'prune'], [['box:1'], []]],
];
for (const [prepare, killed, outcomes] of scenarios) {
  test(`killed at every step of ${killed.join(' and ')}, the next start repairs`, async () => {
    run('before', prepare, {});
    cpTree('before', 'traced');
    const trace = join(dir, 'trace');
    writeFileSync(trace, '');
    expect(run('traced', killed, { TUG_CRASH_TRACE: trace })).toBe(0);
    const seen = new Map<string, number>();
    const points = readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map((name) => {
        seen.set(name, (seen.get(name) ?? 0) + 1);
        return `${name}#${seen.get(name)}`;
      });
    expect(points.length).toBeGreaterThan(3);
    const found = new Set<string>();
    for (const [index, point] of points.entries()) {
      const root = `root${index}`;
      cpTree('before', root);
      expect(run(root, killed, { TUG_CRASH_AT: point })).not.toBe(0);
      const tags = await imagesThere(join(dir, root));
      expect(outcomes).toContainEqual(tags);
      found.add(tags.join());
      rmSync(join(dir, root), { recursive: true });
    }
    expect(found.size).toBe(outcomes.length);
  }, 600_000);
}
