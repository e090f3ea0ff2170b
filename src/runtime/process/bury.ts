import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cgroups, killCgroup, removeCgroup } from '../../host/index.ts';
import type { Log } from '../../kit/index.ts';
import { clearAfter, endExec } from '../oci/clear.ts';
import type { LaunchRecord } from './directory.ts';

export interface Undertaker {
  cgroups: Cgroups;
  log: Log;
}

/** Clears up after a start: what still runs is killed, its cgroup goes, and another runtime forgets it. Idempotent. */
export async function bury(undertaker: Undertaker, path: string, record: Pick<LaunchRecord, 'cgroup' | 'oci'>) {
  const { cgroup, oci } = record;
  if (oci && cgroup === '') endExec(undertaker.cgroups, path, oci.cgroup);
  await clearCgroup(undertaker.cgroups, cgroup);
  if (!oci || cgroup === '') return;
  await clearAfter({ ...undertaker, path, ...oci });
  // What it left of the cgroup.
  await clearCgroup(undertaker.cgroups, cgroup);
}

/** What the directory of a start says of it; nothing where a kill left the record half written, before there was anything. */
export function recordOf(path: string): Pick<LaunchRecord, 'cgroup' | 'oci'> {
  try {
    return JSON.parse(readFileSync(join(path, 'launch.json'), 'utf8')) as LaunchRecord;
  } catch {
    return { cgroup: '' };
  }
}

async function clearCgroup(cgroups: Cgroups, cgroup: string): Promise<void> {
  if (cgroup === '') return;
  for (let round = 0; round < 60; round++) {
    if (!cgroups.hierarchies.some(({ mountPoint }) => existsSync(join(mountPoint, cgroup)))) return;
    killCgroup(cgroups, cgroup);
    if (removeCgroup(cgroups, cgroup)) return;
    await Bun.sleep(round < 10 ? 1 : 10);
  }
}
