import { type Cgroups, parseCgroups } from '../../host/index.ts';
import type { RuntimeSpec, SpecLinux, SpecProcess } from '../../oci/index.ts';
import { createSeccompCompiler } from '../seccomp/index.ts';
import type { LaunchInput } from './launch.ts';

// What the tests of this room start from.

const mounted = (at: string, type: string, options: string) => `1 0 0:1 / ${at} rw - ${type} ${type} rw,${options}\n`;

export const hybrid: Cgroups = parseCgroups({
  mountinfo:
    mounted('/cg/cpu,cpuacct', 'cgroup', 'cpu,cpuacct') +
    ['cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids']
      .map((name) => mounted(`/cg/${name}`, 'cgroup', name))
      .join('') +
    mounted('/cg/systemd', 'cgroup', 'name=systemd') +
    mounted('/cg/unified', 'cgroup2', ''),
  own: '1:cpu,cpuacct:/\n2:cpuset:/\n3:memory:/\n4:devices:/\n5:freezer:/\n6:blkio:/\n7:pids:/\n8:name=systemd:/\n0::/\n',
  controllersAt: () => [],
});

export const unified: Cgroups = parseCgroups({
  mountinfo: mounted('/cg', 'cgroup2', 'nsdelegate'),
  own: '0::/\n',
  controllersAt: () => ['cpuset', 'cpu', 'io', 'memory', 'pids'],
});

export const processOf = (part: Partial<SpecProcess> = {}): SpecProcess => ({
  user: { uid: 0, gid: 0 },
  args: ['sh'],
  env: ['PATH=/bin'],
  cwd: '/',
  capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
  ...part,
});

export function specOf(linux: Partial<SpecLinux> = {}, part: Partial<RuntimeSpec> = {}): RuntimeSpec {
  return {
    ociVersion: '1.2.1',
    process: processOf(),
    root: { path: '/' },
    mounts: [],
    ...part,
    linux: {
      namespaces: [{ type: 'mount' }, { type: 'pid' }],
      devices: [],
      cgroupsPath: '/tug/a',
      resources: { devices: [] },
      maskedPaths: [],
      readonlyPaths: [],
      ...linux,
    },
  };
}

export const inputOf = (spec: RuntimeSpec, part: Partial<LaunchInput> = {}): LaunchInput => ({
  id: 'a',
  spec,
  stdio: { tty: false },
  bundle: '/run/a',
  rootAt: '/run/root',
  cgroups: hybrid,
  parent: { cpuset: { cpus: '0-1', mems: '0' } },
  kcore: false,
  seccomp: createSeccompCompiler(),
  ...part,
});
