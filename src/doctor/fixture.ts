import type { Chain, Engine, Host, Space } from './contract.ts';

/** A host on which nothing is missing or odd, for tests to break. */
export interface FakeHost extends Host {
  files: Record<string, string | undefined>;
  directories: Record<string, string[]>;
  programs: string[];
  spaces: Record<string, Space>;
  foreign: Chain[];
  time: number;
}

export const engine: Engine = {
  dataRoot: '/var/lib/tug',
  execRoot: '/run/tug',
  cgroupParent: '/tug',
  containers: ['a'.repeat(64)],
};

const roomy: Space = { bytes: { size: 1e11, available: 5e10 }, inodes: { total: 1e6, free: 9e5 } };

export function soundHost(): FakeHost {
  const host: FakeHost = {
    files: soundFiles(),
    directories: { '/run/tug/containers': ['a'.repeat(64)], '/sys/fs/cgroup/tug': ['a'.repeat(64), 'cgroup.procs'] },
    programs: ['git', 'xz', 'runc', 'criu', 'apparmor_parser'],
    spaces: { '/var/lib/tug': roomy, '/run/tug': roomy },
    foreign: [{ family: 'inet', table: 'tug', name: 'forward', hook: 'forward', drops: true }],
    time: Date.parse('2026-11-22T09:00:00Z'),
    read: (path) => host.files[path],
    exists: (path) => host.files[path] !== undefined,
    list: (path) => host.directories[path] ?? [],
    space: (path) => host.spaces[path],
    program: (name) => (host.programs.includes(name) ? `/usr/bin/${name}` : undefined),
    chains: () => host.foreign,
    now: () => host.time,
  };
  return host;
}

function soundFiles(): Record<string, string> {
  const namespaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'].map((name) => [`/proc/self/ns/${name}`, '']);
  return {
    ...(Object.fromEntries(namespaces) as Record<string, string>),
    '/proc/sys/kernel/osrelease': '6.12.9-amd64\n',
    '/proc/sys/kernel/seccomp/actions_avail': 'kill\n',
    '/proc/sys/user/max_user_namespaces': '63000\n',
    '/proc/self/mountinfo':
      '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
    '/sys/fs/cgroup/tug/cgroup.type': 'domain\n',
    '/proc/filesystems': 'nodev\toverlay\n\text4\n',
    '/proc/sys/net/ipv4/ip_forward': '1\n',
    '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    '/proc/net/netfilter': '',
    '/etc/resolv.conf': 'nameserver 192.0.2.1\n',
    '/proc/self/limits': 'Max open files            524288               524288               files\n',
    '/proc/sys/fs/file-nr': '2000\t0\t9223372036854775807\n',
    '/proc/sys/kernel/pid_max': '4194304\n',
    '/proc/sys/fs/inotify/max_user_instances': '128\n',
    '/proc/sys/vm/max_map_count': '65530\n',
    '/proc/sys/kernel/keys/maxkeys': '200\n',
    '/proc/stat': 'btime 1795330000\n',
    '/proc/uptime': `${Date.parse('2026-11-22T09:00:00Z') / 1000 - 1_795_330_000}.00 5.00\n`,
    '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
  };
}
