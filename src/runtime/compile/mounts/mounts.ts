import { posix } from 'node:path';
import type { Cgroups } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { RuntimeSpec, SpecMount } from '../../../oci/index.ts';
import type { MountStep } from '../../plan/steps.ts';
import { cgroupMount } from '../cgroup/cgroup-mount.ts';
import { ATTR } from '../constants.ts';
import { type MountOptions, parseMountOptions } from './mount-options.ts';

type Option = { key: string; value: string | null };

/** What runc lets a mount cover inside /proc (files that lxcfs emulates). */
const overProc = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/slabinfo',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
]);

/** The steps that make the spec's mounts, in its order. */
export function compileMounts(spec: RuntimeSpec, cgroups: Cgroups): MountStep[] {
  return spec.mounts.flatMap((mount) => {
    const options = parseMountOptions(mount.options);
    refuse(mount, options);
    if (options.bind || mount.type === 'bind') return bind(mount, options);
    if (mount.type === 'cgroup') return cgroupMount(spec, mount, options, cgroups);
    return filesystem(mount, options, spec.linux.mountLabel);
  });
}

/** After pivot: what had to stay writable while later steps made their mount points and nodes in it becomes read-only. */
export function compileLateReadonly(spec: RuntimeSpec): MountStep[] {
  return spec.mounts.flatMap((mount) => {
    const options = parseMountOptions(mount.options);
    if (!(options.set & ATTR.RDONLY) || !staysWritable(mount, options)) return [];
    return [{ op: 'attributes', target: mount.destination, set: ATTR.RDONLY, clear: 0, recursive: false } as const];
  });
}

/** Whether /dev is the container's own, so that nodes and links belong in it. */
export function ownsDev(spec: RuntimeSpec): boolean {
  return !spec.mounts.some(
    (mount) =>
      posix.resolve('/', mount.destination) === '/dev' &&
      (mount.type === 'bind' || parseMountOptions(mount.options).bind),
  );
}

const staysWritable = (mount: SpecMount, options: MountOptions) =>
  !options.bind && (mount.type === 'tmpfs' || posix.resolve('/', mount.destination) === '/dev');

function refuse(mount: SpecMount, options: MountOptions): void {
  const destination = posix.resolve('/', mount.destination);
  if (destination === '/')
    throw new EngineError('invalid', `mountpoint "${mount.destination}" is on the top of rootfs`);
  if (destination === '/proc' && mount.type !== 'proc' && !options.bind) {
    throw new EngineError('invalid', `"${destination}" cannot be mounted because it is not of type proc`);
  }
  if (destination.startsWith('/proc/') && !overProc.has(destination)) {
    throw new EngineError('invalid', `"${destination}" cannot be mounted because it is inside /proc`);
  }
  const unable = options.data.find(({ key }) => key === 'idmap' || key === 'ridmap');
  if (unable) throw new EngineError('unsupported', `mount option "${unable.key}" is not supported`);
}

/** Of the kernel's own files, which have labels of their own. */
const unlabelled = new Set(['proc', 'sysfs', 'mqueue']);

function filesystem(mount: SpecMount, options: MountOptions, label?: string): MountStep[] {
  const late = staysWritable(mount, options);
  // Of a mount(2) flag `ro` both the superblock and the mount take note.
  const readonly: Option[] = options.set & ATTR.RDONLY && !late ? [{ key: 'ro', value: null }] : [];
  const context: Option[] = label && !unlabelled.has(mount.type) ? [{ key: 'context', value: label }] : [];
  const inheritsMode = mount.type === 'tmpfs' && !options.data.some(({ key }) => key === 'mode');
  return [
    {
      op: 'mount',
      type: mount.type,
      source: mount.source,
      target: mount.destination,
      options: [...readonly, ...options.data, ...context],
      attributes: late ? options.set & ~ATTR.RDONLY : options.set,
      tmpcopyup: options.tmpcopyup,
      mode: inheritsMode ? -1 : 0,
      propagation: options.propagation,
    },
    // It knows no such option, and its root is all that matters.
    ...(label && mount.type === 'mqueue' ? [{ op: 'relabel', target: mount.destination, label } as const] : []),
    ...below(mount, options),
  ];
}

/**
 * A bind. Without any flag the mount stays as its source is; with one, exactly the flags asked for hold and the source's other
 * ones go (only its atime stays if none is asked for), as a remount does.
 */
function bind(mount: SpecMount, options: MountOptions): MountStep[] {
  const flagged = options.set !== 0 || options.clear !== 0;
  const all = ATTR.RDONLY | ATTR.NOSUID | ATTR.NODEV | ATTR.NOEXEC | ATTR.NOSYMFOLLOW;
  const clear = flagged ? (all & ~options.set) | options.clear : 0;
  const atime = options.set & ATTR.ATIME ? ATTR.ATIME : 0;
  return [
    {
      op: 'bind',
      source: mount.source,
      target: mount.destination,
      recursive: options.recursive,
      set: options.set,
      clear: clear | atime,
      recursiveAttributes: false,
      propagation: options.propagation,
    },
    ...below(mount, options),
  ];
}

function below(mount: SpecMount, options: MountOptions): MountStep[] {
  const { recursiveSet: set, recursiveClear: clear } = options;
  if (set === 0 && clear === 0) return [];
  return [{ op: 'attributes', target: mount.destination, set, clear, recursive: true }];
}
