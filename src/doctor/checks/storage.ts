import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

const giga = 1e9;

/** The file system of the data root: what it is, and what is left of it. */
export const storage: Check = (host, { dataRoot, execRoot }) => [
  ...symptom(
    !/\boverlay$/m.test(host.read('/proc/filesystems') ?? ''),
    'overlay',
    'warning',
    'the kernel has no overlay file system (yet): layers would have to be copied',
    'modprobe overlay, or --storage-driver btrfs or zfs on such a file system',
  ),
  ...left(host, dataRoot, 'data'),
  ...left(host, execRoot, 'exec'),
  ...kindOf(host, dataRoot),
];

function left(host: Host, path: string, which: string): Symptom[] {
  const space = host.space(path);
  if (!space) return [];
  const { bytes, inodes } = space;
  const full = bytes.available < 0.01 * giga;
  const scarce = bytes.available < Math.min(giga, bytes.size / 20);
  const few = inodes.total > 0 && inodes.free < Math.max(1000, inodes.total / 50);
  const amount = `${(bytes.available / giga).toFixed(2)} GB`;
  return [
    ...symptom(
      full || scarce,
      `${which}-root-space`,
      full ? 'error' : 'warning',
      `${path} has ${amount} left${full ? ': nothing can be created' : ''}`,
      'tug system prune, or a larger disk',
    ),
    ...symptom(
      few,
      `${which}-root-inodes`,
      inodes.free < 10 ? 'error' : 'warning',
      `${path} has ${inodes.free} of ${inodes.total} inodes left`,
      'tug system prune, or a file system made with more inodes',
    ),
  ];
}

const far = new Set(['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'ceph', 'fuse.sshfs']);

/** The file system that a path is on: the longest mount point before it, the last of those. */
function kindOf(host: Host, path: string): Symptom[] {
  const mounts = (host.read('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , place = '', options = ''] = before.split(' ');
    const holds = place !== '' && `${path}/`.startsWith(place === '/' ? '/' : `${place}/`);
    return holds ? [{ place, type: after.split(' ')[0] ?? '', readOnly: options.split(',').includes('ro') }] : [];
  });
  const found = mounts.toSorted((one, other) => one.place.length - other.place.length).at(-1);
  if (!found) return [];
  const { type, place, readOnly } = found;
  return [
    ...symptom(
      readOnly,
      'data-root-read-only',
      'error',
      `${place}, with the data root, is mounted read-only`,
      `look into the kernel's log for errors of the disk; mount -o remount,rw ${place}`,
    ),
    ...symptom(
      far.has(type),
      'data-root-remote',
      'warning',
      `the data root is on ${type}: overlays and locks do not work there, or are lost`,
      'move the data root to a local disk',
    ),
    ...symptom(
      type === 'tmpfs',
      'data-root-memory',
      'warning',
      'the data root is in memory: images and containers are gone after a restart',
      'move the data root to a disk',
    ),
  ];
}
