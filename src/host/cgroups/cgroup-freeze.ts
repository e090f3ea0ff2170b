import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cgroups } from './cgroup.ts';

/** How long processes may take to stand still, in milliseconds: one in uninterruptible sleep does not until it wakes. */
const patience = 5000;

/** Stops every process in the cgroup and below; resolves once none runs any more. Throws Error, all thawed, when one does not. */
export async function freezeCgroup(cgroups: Cgroups, cgroup: string): Promise<void> {
  const files = freezerOf(cgroups, cgroup);
  const until = Date.now() + patience;
  for (let round = 0; Date.now() < until; round++) {
    // v1 may need to be told again: a fork in the middle leaves it at FREEZING.
    if (round % 16 === 0) writeFileSync(files.control, files.freeze, { flag: 'r+' });
    if (files.standing()) return;
    // What was caught in the middle of something gets a moment to come out of it; the next round freezes again.
    if (round % 64 === 63) writeFileSync(files.control, files.thaw, { flag: 'r+' });
    await Bun.sleep(round < 16 ? 1 : 10);
  }
  writeFileSync(files.control, files.thaw, { flag: 'r+' });
  throw new Error('unable to freeze');
}

/** Lets the processes of the cgroup run again; where it is gone with the last of them, nothing. */
export function thawCgroup(cgroups: Cgroups, cgroup: string): void {
  const { control, thaw } = freezerOf(cgroups, cgroup);
  try {
    writeFileSync(control, thaw, { flag: 'r+' });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Whether the cgroup itself is frozen; false where it is gone. */
export function isCgroupFrozen(cgroups: Cgroups, cgroup: string): boolean {
  try {
    return freezerOf(cgroups, cgroup).frozen();
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENODEV';
}

interface Freezer {
  control: string;
  freeze: string;
  thaw: string;
  /** Whether every process stands still. */
  standing(): boolean;
  frozen(): boolean;
}

function freezerOf(cgroups: Cgroups, cgroup: string): Freezer {
  const hierarchy = cgroups.hierarchyOf('freezer');
  if (hierarchy?.version === 1) return versionOne(join(hierarchy.mountPoint, cgroup));
  if (!cgroups.unified) throw new Error('the cgroup freezer is not available');
  return versionTwo(join(cgroups.unified.mountPoint, cgroup));
}

const text = (path: string) => readFileSync(path, 'utf8');

function versionOne(directory: string): Freezer {
  const control = join(directory, 'freezer.state');
  const standing = () => text(control).trim() === 'FROZEN';
  const frozen = () => text(join(directory, 'freezer.self_freezing')).trim() === '1';
  return { control, freeze: 'FROZEN', thaw: 'THAWED', standing, frozen };
}

function versionTwo(directory: string): Freezer {
  const control = join(directory, 'cgroup.freeze');
  const standing = () => /^frozen 1$/m.test(text(join(directory, 'cgroup.events')));
  return { control, freeze: '1', thaw: '0', standing, frozen: () => text(control).trim() === '1' };
}
