import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { IdMapping } from '../../snapshot/index.ts';
import type { SelinuxContexts } from '../selinux/contexts.ts';
import { capabilityNames } from './process/capabilities.ts';

/** What a container's spec depends on of the machine it runs on. */
export interface HostFacts {
  /** 1 also on a hybrid machine, where the controllers are version 1's. */
  cgroupVersion: 1 | 2;
  /** Who makes cgroups, if not the engine. */
  cgroupDriver?: 'systemd';
  architecture: 'amd64' | 'arm64';
  /** Major and minor number. */
  kernel: [major: number, minor: number];
  /** Capabilities the engine holds and can therefore give, CAP_ names in the kernel's order. */
  capabilities: string[];
  apparmor: boolean;
  /** Lists in the kernel's form: `0-3,8`. */
  cpus: string;
  memoryNodes: string;
  /** The controllers that limits can be set in: `cpu`, `cpuset`, `memory`, `pids`, `blkio`, … */
  controllers: string[];
  swapLimit: boolean;
  /** Whether real-time tasks can be given a share of the CPU. */
  realtime: boolean;
  /** Which limits on block devices the kernel has files for. */
  blockIo: { weight: boolean; weightDevice: boolean; throttle: boolean };
  /** Where files say how devices are given to containers. */
  cdiDirectories: string[];
  /** The labels of the host's policy, where the engine is to give its containers any. */
  selinux?: SelinuxContexts;
  /** CPUs' thermal_throttle directories, which are masked. */
  thermalThrottle: string[];
  sysctlExists(name: string): boolean;
  /** /proc/self/mountinfo as it is now. */
  mountInfo(): string;
  hostname: string;
  /** The names that `--runtime` may give, and the one that holds when it is not given. */
  runtimes: RuntimeNames;
  /** The program that `--init` puts before the container's: a static one, as the container's root may hold nothing. */
  initPath?: string;
  /** What the engine's configuration gives containers that say nothing themselves. */
  defaults?: EngineDefaults;
}

/** What a container gets where it says nothing; what is absent here is as in Docker's own defaults. */
export interface EngineDefaults {
  /** Bytes of /dev/shm. */
  shmSize?: number;
  ipcMode?: string;
  cgroupnsMode?: 'private' | 'host';
  logDriver?: string;
  /** For containers with that driver. */
  logOptions?: Record<string, string>;
  ulimits?: { Name: string; Soft: number; Hard: number }[];
  init?: boolean;
  noNewPrivileges?: boolean;
  /** Whose ids on the host containers have (`userns-remap`). */
  ids?: IdMapping;
  /** `unconfined`, or a profile's JSON text; and what it is called. */
  seccomp?: { name: string; profile: string };
}

export interface RuntimeNames {
  initial: string;
  knows(name: string): boolean;
}

const onlyNative: RuntimeNames = { initial: 'native', knows: (name) => name === 'native' };

const text = (path: string): string => readFileSync(path, 'utf8').trim();

/** Reads the facts from /proc and /sys; do it once, at the engine's start. */
export function readHostFacts(runtimes: RuntimeNames = onlyNative, initPath?: string): HostFacts {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const [major = '0', minor = '0'] = release().split('.');
  return {
    cgroupVersion: unified ? 2 : 1,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    kernel: [Number.parseInt(major, 10), Number.parseInt(minor, 10)],
    capabilities: ownCapabilities(),
    apparmor: existsSync('/sys/kernel/security/apparmor') && text('/sys/module/apparmor/parameters/enabled') === 'Y',
    cpus: text('/sys/devices/system/cpu/online'),
    memoryNodes: existsSync('/sys/devices/system/node/online') ? text('/sys/devices/system/node/online') : '0',
    controllers: unified ? text('/sys/fs/cgroup/cgroup.controllers').split(' ') : versionOneControllers(),
    swapLimit: unified ? existsSync('/proc/swaps') : existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'),
    realtime: !unified && existsSync('/sys/fs/cgroup/cpu/cpu.rt_runtime_us'),
    blockIo: unified ? { weight: true, weightDevice: true, throttle: true } : versionOneBlockIo(),
    cdiDirectories: ['/etc/cdi', '/var/run/cdi'],
    thermalThrottle: throttlePaths(),
    sysctlExists: (name) => existsSync(join('/proc/sys', name.replaceAll('.', '/'))),
    mountInfo: () => readFileSync('/proc/self/mountinfo', 'utf8'),
    hostname: text('/proc/sys/kernel/hostname'),
    runtimes,
    ...(initPath ? { initPath } : {}),
  };
}

function ownCapabilities(): string[] {
  const mask = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(text('/proc/self/status'))?.[1] ?? '0'}`);
  const last = Number(text('/proc/sys/kernel/cap_last_cap'));
  return capabilityNames.filter((_, index) => index <= last && (mask >> BigInt(index)) & 1n);
}

function versionOneControllers(): string[] {
  const rows = text('/proc/cgroups').split('\n').slice(1);
  return rows
    .map((row) => row.split('\t'))
    .filter(([name, , , enabled]) => enabled === '1' && existsSync(`/sys/fs/cgroup/${name}`))
    .map(([name = '']) => name);
}

const hasBlkio = (file: string): boolean => existsSync(`/sys/fs/cgroup/blkio/${file}`);

const versionOneBlockIo = (): HostFacts['blockIo'] => ({
  weight: hasBlkio('blkio.weight'),
  weightDevice: hasBlkio('blkio.weight_device'),
  throttle: hasBlkio('blkio.throttle.read_bps_device'),
});

function throttlePaths(): string[] {
  const possible = parseList(text('/sys/devices/system/cpu/possible'));
  return possible.map((cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`).filter((path) => existsSync(path));
}

/** The numbers of a kernel list (`0-2,5`); throws Error with what is wrong with it. */
export function parseList(list: string): number[] {
  const numbers = new Set<number>();
  if (list === '') return [];
  for (const part of list.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first)) throw new Error(`invalid format: ${list}`);
    if (Number(last) > 8192) throw new Error('value of out range, maximum is 8192');
    for (let number = Number(first); number <= Number(last); number++) numbers.add(number);
  }
  return [...numbers].toSorted((one, other) => one - other);
}
