import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, detachedMount, detachedOverlay, readFileIn } from '../../src/host/index.ts';

const base = mkdtempSync(join(tmpdir(), 'tug-overlay-test-'));
const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
});

for (const dir of ['upper', 'work', 'a', 'b']) mkdirSync(join(base, dir));
writeFileSync(join(base, 'a/file'), 'from a');
writeFileSync(join(base, 'b/file'), 'from b');

for (const joined of [false, true]) {
  test(`a detached overlay shows its topmost layer and is on no path (${joined ? 'before' : 'since'} 6.7)`, () => {
    const before = process.cwd();
    const upper = { dir: 'upper', work: 'work', volatile: false };
    const fd = detachedOverlay({ base, lower: ['b', 'a'], upper, joined });
    expect(readFileIn(fd, 'file')?.toString()).toBe('from b');
    expect(process.cwd()).toBe(before);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
    closeFd(fd);
  });
}

test('500 layers, and layers alone without an upper', () => {
  const lower = Array.from({ length: 500 }, (_, n) => `layer${n}`);
  for (const dir of lower) mkdirSync(join(base, dir));
  writeFileSync(join(base, 'layer499/bottom'), 'deep');
  const fd = detachedOverlay({ base, lower });
  expect(readFileIn(fd, 'bottom')?.toString()).toBe('deep');
  closeFd(fd);
});

test('what the kernel refuses comes with its reason', () => {
  expect(() => detachedOverlay({ base, lower: ['missing', 'a'] })).toThrow(/ENOENT/);
  expect(() => detachedMount('tmpfs', [['size', 'nonsense']])).toThrow(/EINVAL/);
});
