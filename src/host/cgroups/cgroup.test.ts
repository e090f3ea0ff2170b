import { expect, test } from 'bun:test';
import { parseCgroups } from './cgroup.ts';

const line = (mountPoint: string, type: string, options: string) =>
  `31 23 0:28 / ${mountPoint} rw,relatime shared:4 - ${type} ${type} rw,${options}`;
const tables = (lines: string[], own: string) => ({
  mountinfo: ['1 0 254:0 / / rw - ext4 /dev/vda rw', ...lines, ''].join('\n'),
  own,
  controllersAt: () => ['cpu', 'memory'],
});

test('v1: controllers that share a hierarchy, a named one, one mounted twice', () => {
  const cgroups = parseCgroups(
    tables(
      [
        line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
        line('/sys/fs/cgroup/systemd', 'cgroup', 'xattr,release_agent=/x,name=systemd'),
        line('/elsewhere', 'cgroup', 'cpu,cpuacct'),
        line('/with\\040space', 'cgroup', 'noprefix,cpuset,clone_children'),
      ],
      '4:cpuset:/\n3:cpu,cpuacct:/user\n1:name=systemd:/\n',
    ),
  );
  expect(cgroups.mode).toBe('v1');
  expect(cgroups.unified).toBeUndefined();
  expect(cgroups.hierarchies).toEqual([
    { version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
    { version: 1, mountPoint: '/sys/fs/cgroup/systemd', controllers: [], name: 'systemd' },
    { version: 1, mountPoint: '/with space', controllers: ['cpuset'] },
  ]);
  expect(cgroups.directoryOf('cpuacct', '/tug/a')).toBe('/sys/fs/cgroup/cpu,cpuacct/tug/a');
  expect(cgroups.directoryOf('name=systemd', '/tug/a')).toBe('/sys/fs/cgroup/systemd/tug/a');
  expect(cgroups.directoryOf('memory', '/tug/a')).toBeUndefined();
});

test('hybrid: version 1 beside a unified hierarchy', () => {
  const lines = [line('/cg/memory', 'cgroup', 'memory'), line('/cg/unified', 'cgroup2', 'nsdelegate')];
  const cgroups = parseCgroups({ ...tables(lines, '2:memory:/\n0::/\n'), controllersAt: () => ['hugetlb'] });
  expect(cgroups.mode).toBe('hybrid');
  expect(cgroups.unified?.mountPoint).toBe('/cg/unified');
  expect(cgroups.hierarchyOf('memory')?.version).toBe(1);
  expect(cgroups.hierarchyOf('hugetlb')?.version).toBe(2);
});

test('v2: one hierarchy for all controllers', () => {
  const cgroups = parseCgroups(tables([line('/sys/fs/cgroup', 'cgroup2', 'nsdelegate')], '0::/init.scope\n'));
  expect(cgroups.mode).toBe('v2');
  expect(cgroups.directoryOf('memory', '/tug/a')).toBe('/sys/fs/cgroup/tug/a');
  expect(cgroups.directoryOf('pids', '/tug/a')).toBeUndefined();
});
