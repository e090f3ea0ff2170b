import type { Cgroups } from '../../host/index.ts';
import type { Usage } from '../contract.ts';
import { usageV1 } from './usage-v1.ts';
import { usageV2 } from './usage-v2.ts';

/** What the processes of the cgroup have used so far. */
export function readUsage(cgroups: Cgroups, cgroup: string): Usage {
  return cgroups.mode === 'v2' ? usageV2(cgroups, cgroup) : usageV1(cgroups, cgroup);
}
