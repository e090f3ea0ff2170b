import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

const giga = 1e9;

/** The file system of the data root: what it is, and what is left of it. */
export const storage: Check = (host, { dataRoot, execRoot }) => [
  ...symptom(!/\boverlay$/m.test(host.read('/proc/filesystems') ?? ''), {
    id: 'overlay',
    gravity: 'warning',
    text: 'the kernel has no overlay file system (yet): layers would have to be copied',
    mend: 'modprobe overlay, or --storage-driver btrfs or zfs on such a file system',
  }),
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
    ...symptom(full || scarce, {
      id: `${which}-root-space`,
      gravity: full ? 'error' : 'warning',
      text: `${path} has ${amount} left${full ? ': nothing can be created' : ''}`,
      mend: 'tug system prune, or a larger disk',
    }),
    ...symptom(few, {
      id: `${which}-root-inodes`,
      gravity: inodes.free < 10 ? 'error' : 'warning',
      text: `${path} has ${inodes.free} of ${inodes.total} inodes left`,
      mend: 'tug system prune, or a file system made with more inodes',
    }),
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
    ...symptom(readOnly, {
      id: 'data-root-read-only',
      gravity: 'error',
      text: `${place}, with the data root, is mounted read-only`,
      mend: `look into the kernel's log for errors of the disk; mount -o remount,rw ${place}`,
    }),
    ...symptom(far.has(type), {
      id: 'data-root-remote',
      gravity: 'warning',
      text: `the data root is on ${type}: overlays and locks do not work there, or are lost`,
      mend: 'move the data root to a local disk',
    }),
    ...symptom(type === 'tmpfs', {
      id: 'data-root-memory',
      gravity: 'warning',
      text: 'the data root is in memory: images and containers are gone after a restart',
      mend: 'move the data root to a disk',
    }),
  ];
}
