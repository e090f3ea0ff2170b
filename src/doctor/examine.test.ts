import { expect, test } from 'bun:test';
import type { Engine, Gravity } from './contract.ts';
import { examine } from './examine.ts';
import { engine, type FakeHost, soundHost } from './fixture.ts';

const file =
  (path: string, content: string | undefined) =>
  (host: FakeHost): void => {
    host.files[path] = content;
  };
const mounted =
  (...lines: string[]) =>
  (host: FakeHost): void => {
    host.files['/proc/self/mountinfo'] += `${lines.join('\n')}\n`;
  };
const without =
  (program: string) =>
  (host: FakeHost): void => {
    host.programs = host.programs.filter((name) => name !== program);
  };
const space =
  (path: string, bytes: number, inodes = 5e5) =>
  (host: FakeHost): void => {
    host.spaces[path] = { bytes: { size: 1e11, available: bytes }, inodes: { total: 1e6, free: inodes } };
  };
const sysctl = (name: string, value: string) => file(`/proc/sys/${name}`, `${value}\n`);

type Case = [id: string, gravity: Gravity, break_: (host: FakeHost) => void, engine?: Partial<Engine>];

/** Each finding with what provokes it, and it alone. */
const cases: Case[] = [
  ['kernel-version', 'error', sysctl('kernel/osrelease', '5.15.0-91')],
  ['namespace-pid', 'error', file('/proc/self/ns/pid', undefined)],
  ['namespace-user', 'note', sysctl('user/max_user_namespaces', '0')],
  ['seccomp', 'error', file('/proc/sys/kernel/seccomp/actions_avail', undefined)],
  ['cgroup-mount', 'error', file('/proc/self/mountinfo', '22 1 254:0 / / rw - ext4 /dev/vda rw\n')],
  ['cgroup-memory', 'warning', file('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io pids\n')],
  ['cgroup-io', 'note', file('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu memory pids\n')],
  ['cgroup-type', 'error', file('/sys/fs/cgroup/tug/cgroup.type', 'domain invalid\n')],
  ['overlay', 'warning', file('/proc/filesystems', '\text4\n')],
  ['data-root-space', 'warning', space('/var/lib/tug', 5e8)],
  ['data-root-space', 'error', space('/var/lib/tug', 1e6)],
  ['data-root-inodes', 'warning', space('/var/lib/tug', 5e10, 500)],
  ['data-root-inodes', 'error', space('/var/lib/tug', 5e10, 0)],
  ['exec-root-space', 'error', space('/run/tug', 0)],
  ['data-root-read-only', 'error', mounted('40 22 254:1 / /var/lib/tug ro,relatime - ext4 /dev/vdb rw')],
  ['data-root-remote', 'warning', mounted('40 22 0:50 / /var/lib rw - nfs4 server:/ rw')],
  ['data-root-memory', 'warning', mounted('40 22 0:50 / /var/lib rw - tmpfs tmpfs rw')],
  ['ip-forward', 'warning', sysctl('net/ipv4/ip_forward', '0')],
  ['rp-filter', 'note', sysctl('net/ipv4/conf/all/rp_filter', '1')],
  ['bridge-nf-call', 'note', sysctl('net/bridge/bridge-nf-call-iptables', '1')],
  [
    'ipv6',
    'note',
    (host) => {
      file('/proc/sys/net/ipv6', '')(host);
      sysctl('net/ipv6/conf/all/disable_ipv6', '1')(host);
    },
  ],
  ['nftables', 'error', file('/proc/net/netfilter', undefined)],
  [
    'foreign-firewall',
    'note',
    (host) => host.foreign.push({ family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', drops: true }),
  ],
  ['port-range', 'warning', sysctl('net/ipv4/ip_local_port_range', '60000\t60500')],
  ['dns-none', 'warning', file('/etc/resolv.conf', '# nothing\n')],
  ['dns-wrong', 'warning', file('/etc/resolv.conf', 'nameserver 192.0.2.1\nnameserver dns.example\n')],
  ['dns-loopback', 'note', file('/etc/resolv.conf', 'nameserver 127.0.0.53\n')],
  ['open-files', 'warning', file('/proc/self/limits', 'Max open files  4096  4096  files\n')],
  ['open-files', 'error', file('/proc/self/limits', 'Max open files  256  256  files\n')],
  ['file-max', 'warning', sysctl('fs/file-nr', '9500\t0\t10000')],
  ['pid-max', 'warning', sysctl('kernel/pid_max', '4096')],
  ['inotify', 'warning', sysctl('fs/inotify/max_user_instances', '16')],
  ['map-count', 'warning', sysctl('vm/max_map_count', '1000')],
  ['keys', 'warning', sysctl('kernel/keys/maxkeys', '20')],
  [
    'clock',
    'error',
    (host) => {
      host.time = Date.parse('1970-01-01T00:10:00Z');
      file('/proc/stat', 'btime 0\n')(host);
    },
  ],
  ['clock-jump', 'note', file('/proc/stat', 'btime 1795300000\n')],
  ['clock-source', 'warning', file('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'jiffies\n')],
  [
    'apparmor-parser',
    'warning',
    (host) => {
      file('/sys/module/apparmor/parameters/enabled', 'Y\n')(host);
      without('apparmor_parser')(host);
    },
  ],
  ['selinux', 'note', file('/sys/fs/selinux/enforce', '1')],
  ['stale-mounts', 'warning', mounted('50 22 0:60 / /var/lib/tug/containers/x/merged rw - overlay overlay rw')],
  ['leftover-starts', 'warning', (host) => host.directories['/run/tug/containers']?.push('b'.repeat(64))],
  ['leftover-cgroups', 'note', (host) => host.directories['/sys/fs/cgroup/tug']?.push('c'.repeat(64))],
  ['no-engine', 'warning', () => undefined, { containers: undefined as never }],
  ['program-criu', 'note', without('criu')],
];

test('a sound host has nothing', () => {
  expect(examine(soundHost(), engine)).toEqual([]);
});

for (const [id, gravity, breakIt, other] of cases) {
  test(`${id}, as ${gravity}, and nothing else`, () => {
    const host = soundHost();
    breakIt(host);
    const found = examine(host, { ...engine, ...other });
    expect(found.map((one) => [one.id, one.gravity])).toEqual([[id, gravity]]);
    expect(found[0]?.text).not.toMatch(/undefined|NaN/);
    expect(found[0]?.mend).not.toBe('');
  });
}

test('on cgroup v1, which is told, every controller counts', () => {
  const host = soundHost();
  host.files['/proc/self/mountinfo'] = ['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'devices']
    .map((name) => `30 22 0:26 / /sys/fs/cgroup/${name} rw - cgroup cgroup rw,${name}\n`)
    .join('');
  const found = examine(host, { ...engine, containers: [] });
  expect(found.map(({ id }) => id)).toEqual(['leftover-starts', 'cgroup-freezer', 'cgroup-v1']);
});

test('the gravest come first', () => {
  const host = soundHost();
  without('git')(host);
  sysctl('net/ipv4/ip_forward', '0')(host);
  file('/proc/net/netfilter', undefined)(host);
  expect(examine(host, engine).map(({ gravity }) => gravity)).toEqual(['error', 'warning', 'note']);
});
