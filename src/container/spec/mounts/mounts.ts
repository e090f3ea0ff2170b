import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { SpecMount } from '../../../oci/index.ts';
import type { MountPoint } from './mount-point.ts';
import { mergeTmpfsOptions } from './tmpfs.ts';

/** What the container's mounts are made of. */
export interface MountRequest {
  hostConfig: HostConfig;
  /** Volumes have their `source`. */
  points: MountPoint[];
  /** The engine's files on the host; an absent one is not mounted. */
  files: { resolvConf?: string; hostname?: string; hosts?: string };
  /** The directory that is /dev/shm for the ipc mode `container:`. */
  shmPath?: string;
  initPath?: string;
  writableCgroups: boolean;
}

/** Where Docker puts the program of `--init`. */
export const initInContainer = '/sbin/docker-init';

const quiet = ['nosuid', 'noexec', 'nodev'];

function systemMounts(request: MountRequest): SpecMount[] {
  const { hostConfig, writableCgroups } = request;
  const sysReadOnly = hostConfig.Privileged ? [] : ['ro'];
  const cgroupReadOnly = hostConfig.Privileged || writableCgroups ? [] : ['ro'];
  const mounts: SpecMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: [...quiet] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, ...sysReadOnly] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...cgroupReadOnly, ...quiet] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: [...quiet] },
  ];
  const mode = hostConfig.IpcMode || 'private';
  if (mode === 'private' || mode === 'shareable') {
    const options = [...quiet, 'mode=1777', `size=${hostConfig.ShmSize ?? 64 << 20}`];
    mounts.push({ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options });
  }
  return mounts;
}

/** Every mount, parents before children; what the user mounts replaces the system's own at the same place. */
export function containerMounts(request: MountRequest): SpecMount[] {
  const { points, hostConfig } = request;
  const own = [
    ...points.map((point) => (point.type === 'tmpfs' ? tmpfs(point.destination, point.tmpfs) : bind(point))),
    ...engineFiles(request),
    ...sharedMemory(request),
    ...Object.entries(hostConfig.Tmpfs ?? {}).map(([path, options]) => tmpfs(path, options.split(','))),
  ].toSorted((one, other) => depth(one) - depth(other));
  const taken = new Set(own.map((mount) => mount.destination));
  const system = systemMounts(request).filter(
    ({ destination }) => !taken.has(destination) && !(taken.has('/dev') && destination.startsWith('/dev/')),
  );
  const mounts = [...system, ...own];
  if (hostConfig.ReadonlyRootfs) for (const mount of mounts) protect(mount, hostConfig, taken);
  if (request.initPath) {
    mounts.push({ destination: initInContainer, type: 'bind', source: request.initPath, options: ['bind', 'ro'] });
  }
  return mounts;
}

const depth = (mount: SpecMount): number => mount.destination.split('/').length;

const writableOnReadonlyRoot = ['/proc', '/dev/pts', '/dev/shm', '/dev/mqueue', '/dev'];

/** A privileged container may write to the kernel's files even where its root is read-only. */
const writableIfPrivileged = ['/sys', '/sys/fs/cgroup'];

function protect(mount: SpecMount, { Privileged }: HostConfig, taken: Set<string>): void {
  if (Privileged && writableIfPrivileged.includes(mount.destination)) return;
  if (writableOnReadonlyRoot.includes(mount.destination) || taken.has(mount.destination)) return;
  if (!mount.options.includes('ro')) mount.options = [...mount.options, 'ro'];
}

function bind(point: MountPoint): SpecMount {
  // Read-only holds for mounts below the source too, unless asked otherwise.
  const readOnly = point.readOnlyNonRecursive ? 'ro' : 'rro';
  return {
    destination: point.destination.startsWith('/') ? point.destination : `/${point.destination}`,
    type: 'bind',
    source: point.source,
    options: [
      point.nonRecursive ? 'bind' : 'rbind',
      ...(point.rw ? [] : [readOnly]),
      ...(point.propagation ? [point.propagation] : []),
    ],
  };
}

function engineFiles({ files, points, hostConfig }: MountRequest): SpecMount[] {
  const entries = [
    ['/etc/resolv.conf', files.resolvConf],
    ['/etc/hostname', files.hostname],
    ['/etc/hosts', files.hosts],
  ] as const;
  return entries.flatMap(([destination, source]) => {
    if (!source || points.some((point) => point.destination === destination)) return [];
    const options = ['rbind', ...(hostConfig.ReadonlyRootfs ? ['rro'] : []), 'rprivate'];
    return [{ destination, type: 'bind', source, options }];
  });
}

function sharedMemory({ hostConfig, shmPath, points }: MountRequest): SpecMount[] {
  const mode = hostConfig.IpcMode || 'private';
  if (mode === 'private' || mode === 'shareable' || mode === 'none') return [];
  if (points.some((point) => point.destination === '/dev/shm')) return [];
  const source = mode === 'host' ? '/dev/shm' : shmPath;
  if (!source) throw new EngineError('internal', `no shared memory was given for mode ${mode}`);
  return [{ destination: '/dev/shm', type: 'bind', source, options: ['rbind', 'rprivate'] }];
}

function tmpfs(destination: string, options: string[]): SpecMount {
  const merged = mergeTmpfsOptions(['noexec', 'nosuid', 'nodev', 'rprivate', ...options], (option) => {
    const name = option.split('=')[0];
    return new EngineError('internal', `invalid tmpfs option ${JSON.stringify(name)}`);
  });
  return { destination, type: 'tmpfs', source: 'tmpfs', options: merged };
}
