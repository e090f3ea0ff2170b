import { posix } from 'node:path';
import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { HostFacts } from '../facts.ts';

/** Refuses a parent that the cgroup driver has no use for, in Docker's words. */
export function checkCgroupParent({ CgroupParent: parent }: HostConfig, facts: Pick<HostFacts, 'cgroupDriver'>): void {
  if (facts.cgroupDriver !== 'systemd' || !parent || sliceName.test(parent)) return;
  const words = 'cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"';
  throw new EngineError('invalid', words);
}

const sliceName = /^(?:-|[^/-]+(?:-[^/-]+)*)\.slice$/;

/** Where the cgroup of a container lies below each hierarchy's root. */
export function cgroupsPath(parent: string, id: string, { cgroupDriver }: Pick<HostFacts, 'cgroupDriver'>): string {
  if (cgroupDriver !== 'systemd') return posix.join('/', parent, id);
  return posix.join(slicePath(posix.basename(parent)), `tug-${id}.scope`);
}

/** systemd's slices nest by their names: `a-b.slice` lies in `a.slice`, and `-.slice` is the root. */
function slicePath(slice: string): string {
  const parts = slice
    .replace(/\.slice$/, '')
    .split('-')
    .filter((part) => part !== '');
  return posix.join('/', ...parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`));
}
