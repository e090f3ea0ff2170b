import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
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

// The newer way is there since Linux 6.7.
const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat);
const ways = major > 6 || (major === 6 && minor >= 7) ? [false, true] : [true];
const kernels = (joined: boolean) => (joined ? 'before' : 'since');

for (const joined of ways) {
  test(`a detached overlay shows its topmost layer and is on no path (${kernels(joined)} 6.7)`, () => {
    const before = process.cwd();
    const upper = { dir: 'upper', work: 'work', volatile: false };
    const fd = detachedOverlay({ base, lower: ['b', 'a'], upper, joined });
    expect(readFileIn(fd, 'file')?.toString()).toBe('from b');
    expect(process.cwd()).toBe(before);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
    closeFd(fd);
  });
}

for (const joined of ways)
  test(`500 layers, and layers alone without an upper (${kernels(joined)} 6.7)`, () => {
    const lower = Array.from({ length: 500 }, (_, n) => `l${n}`);
    for (const dir of lower) mkdirSync(join(base, dir), { recursive: true });
    writeFileSync(join(base, 'l499/bottom'), 'deep');
    const fd = detachedOverlay({ base, lower, attachAt: 'attached', joined });
    expect(readFileIn(fd, 'bottom')?.toString()).toBe('deep');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
    closeFd(fd);
  });

test('what the kernel refuses comes with its reason', () => {
  expect(() => detachedOverlay({ base, lower: ['missing', 'a'] })).toThrow(/ENOENT/);
  expect(() => detachedMount('tmpfs', [['size', 'nonsense']])).toThrow(/EINVAL/);
});
