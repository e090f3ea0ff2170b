import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { adaptHostConfig } from './adapt.ts';
import { buildSpec, type SpecRequest } from './build-spec.ts';
import type { HostFacts } from './facts.ts';
import { mergeConfig } from './merge.ts';
import { resolveMountPoints } from './mounts/mount-points.ts';
import { capabilityNames } from './process/capabilities.ts';
import type { ReadInRoot } from './process/users.ts';
import { validate } from './validate.ts';

/** A machine for tests: two CPUs, cgroup version 1 with everything, kernel 6.12, no AppArmor, no init. */
export const facts: HostFacts = {
  cgroupVersion: 1,
  architecture: 'amd64',
  kernel: [6, 12],
  capabilities: capabilityNames,
  apparmor: false,
  cpus: '0-1',
  memoryNodes: '0',
  controllers: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio', 'devices', 'freezer'],
  swapLimit: true,
  realtime: true,
  blockIo: { weight: true, weightDevice: true, throttle: true },
  cdiDirectories: [],
  thermalThrottle: ['/sys/devices/system/cpu/cpu0/thermal_throttle'],
  sysctlExists: () => true,
  mountInfo: () => '21 1 8:1 / / rw shared:1 - ext4 /dev/sda rw\n',
  hostname: 'machine',
  runtimes: { initial: 'native', knows: (name) => ['native', 'runc'].includes(name) },
};

/** A container's root with these files. */
export const rootOf =
  (files: Record<string, string>): ReadInRoot =>
  (path) =>
    files[path] === undefined ? undefined : Buffer.from(files[path]);

export const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'alice:x:1000:1000::/home/alice:/bin/sh',
  'alice:x:1001:1001::/home/second:/bin/sh',
  '',
  'odd',
].join('\n');
export const group = ['root:x:0:', 'alice:x:1000:', 'audio:x:29:alice,root', 'video:x:44:alice', 'wheel:x:10'].join(
  '\n',
);

/** The specification of a container that is created and started with these options. */
export function specOf(config: ContainerConfig, given: HostConfig = {}, more: Partial<SpecRequest> = {}) {
  const merged = mergeConfig(config, { Cmd: ['true'] });
  const hostConfig = adaptHostConfig(given, more.facts ?? facts);
  validate(merged, hostConfig, more.facts ?? facts);
  merged.Hostname ||= 'c0ffee';
  const request: SpecRequest = {
    id: 'c0ffee',
    config: merged,
    hostConfig,
    mounts: resolveMountPoints(merged, hostConfig, '/data-root').map((point) =>
      point.type === 'volume' ? { ...point, source: `/volumes/${point.name || 'anonymous'}` } : point,
    ),
    files: { hosts: '/c/hosts', hostname: '/c/hostname', resolvConf: '/c/resolv.conf' },
    joined: {},
    readInRoot: rootOf({ '/etc/passwd': passwd, '/etc/group': group }),
    facts,
    rootPath: '/root-of-c0ffee',
    cgroupParent: '/tug',
    ...more,
  };
  return buildSpec(request);
}
