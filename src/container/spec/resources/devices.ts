import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { SpecDevice, SpecDeviceRule } from '../../../oci/index.ts';

/** The device nodes a container gets beside the standard ones, and its device cgroup's rules. */
export interface Devices {
  devices: SpecDevice[];
  rules: SpecDeviceRule[];
}

const character = (major: number, minor: number, allow = true): SpecDeviceRule => ({
  allow,
  type: 'c',
  major,
  minor,
  access: 'rwm',
});

/** zero, null, urandom, random, tty, console may be used; fuse not. */
const defaultRules: SpecDeviceRule[] = [
  { allow: false, access: 'rwm' },
  character(1, 5),
  character(1, 3),
  character(1, 9),
  character(1, 8),
  character(5, 0),
  character(5, 1),
  character(10, 229, false),
];

/** Resolves Devices, DeviceCgroupRules and Privileged; a device that is missing on the host is refused in Docker's words. */
export function containerDevices(hostConfig: HostConfig): Devices {
  const mappings = hostConfig.Devices ?? [];
  if (hostConfig.Privileged) {
    const own = mappings.filter((mapping) => mapping.PathOnHost !== mapping.PathInContainer);
    return {
      devices: [...devicesBelow('/dev'), ...own.flatMap((mapping) => mapped(mapping))],
      rules: [{ allow: true, access: 'rwm' }],
    };
  }
  const rules = [...defaultRules];
  const devices: SpecDevice[] = [];
  for (const mapping of mappings) {
    for (const device of mapped(mapping)) {
      devices.push(device);
      rules.push(ruleFor(device, mapping.CgroupPermissions || 'rwm'));
    }
  }
  return { devices, rules: [...rules, ...(hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule)] };
}

function ruleFor(device: SpecDevice, access: string): SpecDeviceRule {
  if (!/^[rwm]+$/.test(access)) throw new EngineError('invalid', `invalid device mode: ${access}`);
  return { allow: true, type: device.type === 'b' ? 'b' : 'c', major: device.major, minor: device.minor, access };
}

/** `c 1:3 rwm`, with `a` for any type and `*` for any number. */
export function parseDeviceRule(rule: string): SpecDeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(rule);
  if (!match) throw new EngineError('internal', `invalid device cgroup rule format: '${rule}'`);
  const [, type = 'a', major, minor, access = 'rwm'] = match;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? { major: -1 } : { major: Number(major) }),
    ...(minor === '*' ? { minor: -1 } : { minor: Number(minor) }),
    access,
  };
}

type Mapping = NonNullable<HostConfig['Devices']>[number];

function mapped(mapping: Mapping): SpecDevice[] {
  const source = mapping.PathOnHost ?? '';
  const target = mapping.PathInContainer || source;
  const refuse = (why: string): EngineError =>
    new EngineError('internal', `error gathering device information while adding custom device "${source}": ${why}`);
  // Which Node takes for the working directory.
  if (source === '') throw refuse('no such file or directory');
  let real: string;
  let stats: Stats;
  try {
    real = realpathSync(source);
    stats = lstatSync(real);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw refuse('no such file or directory');
  }
  const device = deviceOf(target, stats);
  if (device) return [device];
  const below = stats.isDirectory() ? devicesBelow(real) : [];
  if (below.length === 0) throw refuse('not a device node');
  return below.map((device) => ({ ...device, path: join(target, device.path.slice(real.length)) }));
}

/** A device number as Linux packs it. */
export function deviceNumbers(rdev: number): { major: number; minor: number } {
  return {
    major: ((rdev >>> 8) & 0xfff) | (Math.floor(rdev / 2 ** 32) & ~0xfff),
    minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
  };
}

function deviceOf(path: string, stats: Stats): SpecDevice | undefined {
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return undefined;
  return {
    path,
    type: stats.isBlockDevice() ? 'b' : 'c',
    ...deviceNumbers(stats.rdev),
    fileMode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
  };
}

/** What the container has its own of, or what other containers' engines keep below /dev. */
const notBelowDev = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

function devicesBelow(directory: string): SpecDevice[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    // A node may go away between the listing and the look at it.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) return [];
    if (stats.isDirectory()) return notBelowDev.has(name) ? [] : devicesBelow(path);
    return name === 'console' ? [] : (deviceOf(path, stats) ?? []);
  });
}
