import { type CgroupParent, type Cgroups, freezeCgroup, isCgroupFrozen, thawCgroup } from '../../host/index.ts';
import { EngineError, explainSystemError, messageOf } from '../../kit/index.ts';
import type { SpecResources } from '../../oci/index.ts';
import type { Control } from '../contract.ts';
import { updateLimits } from './update.ts';
import { readUsage } from './usage.ts';

/** The handles of one cgroup; `parent` is asked only when limits change. */
export function createControl(cgroups: Cgroups, cgroup: string, parent: () => CgroupParent): Control {
  return {
    freeze: () => freezeCgroup(cgroups, cgroup).catch(refused),
    thaw: () => {
      try {
        thawCgroup(cgroups, cgroup);
      } catch (error) {
        refused(error);
      }
    },
    frozen: () => isCgroupFrozen(cgroups, cgroup),
    update: (resources: SpecResources) => updateLimits(cgroups, cgroup, { resources, parent: parent() }),
    usage: () => readUsage(cgroups, cgroup),
  };
}

function refused(error: unknown): never {
  throw new EngineError('internal', messageOf(explainSystemError(error)), error);
}
