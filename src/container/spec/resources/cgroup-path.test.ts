import { expect, test } from 'bun:test';
import { cgroupsPath, checkCgroupParent } from './cgroup-path.ts';

const systemd = { cgroupDriver: 'systemd' } as const;

test.each([
  ['system.slice', '/system.slice/tug-f00.scope'],
  ['a-b-c.slice', '/a.slice/a-b.slice/a-b-c.slice/tug-f00.scope'],
  ['-.slice', '/tug-f00.scope'],
])('systemd has it in %s at %s', (parent, path) => {
  expect(cgroupsPath(parent, 'f00', systemd)).toBe(path);
  expect(() => checkCgroupParent({ CgroupParent: parent }, systemd)).not.toThrow();
});

test.each(['/docker', 'a/b.slice', 'a--b.slice', '-a.slice', '.slice', 'a'])('%s is no slice', (CgroupParent) => {
  const words = 'cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"';
  expect(() => checkCgroupParent({ CgroupParent }, systemd)).toThrow(words);
  expect(() => checkCgroupParent({ CgroupParent }, {})).not.toThrow();
});

test('without systemd it is a directory like others', () => {
  expect(cgroupsPath('a.slice', 'f00', {})).toBe('/a.slice/f00');
});
