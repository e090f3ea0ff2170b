import { posix } from 'node:path';
import type { CgroupHierarchy, CgroupParent, Cgroups } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { RuntimeSpec, SpecResources } from '../../../oci/index.ts';
import type { Outline } from '../../contract.ts';
import type { SetupStep } from '../../plan/steps.ts';
import { compileLimitsV1 } from './limits-v1.ts';
import { compileLimitsV2 } from './limits-v2.ts';

/** The container's cgroup in every hierarchy, its limits, and the child's way into it. */
export function compileCgroup({ linux }: Outline, cgroups: Cgroups, parent: CgroupParent): SetupStep[] {
  const cgroup = checked(linux.cgroupsPath);
  const { resources } = linux;
  const directories = cgroups.hierarchies.map(({ mountPoint }) => posix.join(mountPoint, cgroup));
  const make = directories.map((path): SetupStep => ({ op: 'cgroupMake', path }));
  return [
    ...make,
    ...compileLimits(resources, cgroup, { cgroups, parent }),
    ...joins(cgroups, cgroup),
    ...cgroupWatches(cgroups, cgroup),
  ];
}

/** The limits of a cgroup that is there, in the order in which a new one accepts them. */
export function compileLimits(
  resources: SpecResources,
  cgroup: string,
  { cgroups, parent }: { cgroups: Cgroups; parent: CgroupParent },
): SetupStep[] {
  if (cgroups.mode === 'v2') {
    return compileLimitsV2(resources, posix.join(cgroups.unified?.mountPoint ?? '', cgroup), parent);
  }
  return compileLimitsV1(resources, (controller) => cgroups.directoryOf(controller, cgroup), parent);
}

/** The way of an exec into the cgroup of a running container. */
export function compileCgroupJoin(spec: RuntimeSpec, cgroups: Cgroups): SetupStep[] {
  return joins(cgroups, checked(spec.linux.cgroupsPath));
}

function checked(cgroup: string): string {
  if (!cgroup.startsWith('/') || posix.normalize(cgroup) !== cgroup || cgroup === '/') {
    throw new EngineError('invalid', `invalid cgroup path: ${cgroup}`);
  }
  return cgroup;
}

function joins(cgroups: Cgroups, cgroup: string): SetupStep[] {
  return cgroups.hierarchies.map((hierarchy): SetupStep => {
    const path = posix.join(hierarchy.mountPoint, cgroup);
    return hierarchy.version === 2
      ? { op: 'cgroupInto', path }
      : { op: 'cgroupJoin', tasks: posix.join(path, 'tasks') };
  });
}

/** How the shim learns of the OOM killer's work, and what it kills when it must. */
export function cgroupWatches(cgroups: Cgroups, cgroup: string): SetupStep[] {
  const memory = cgroups.hierarchyOf('memory');
  // A v2 hierarchy is the one where cgroup.kill takes all at once; any other will do as well.
  const killed = cgroups.unified ?? cgroups.hierarchyOf('pids') ?? cgroups.hierarchies[0];
  const at = (hierarchy: CgroupHierarchy, file = '') => posix.join(hierarchy.mountPoint, cgroup, file);
  const oom = memory && at(memory, memory.version === 2 ? 'memory.events' : 'memory.oom_control');
  return [
    ...(oom ? [{ op: 'oomWatch', path: oom } as const] : []),
    ...(killed ? [{ op: 'cgroupKill', path: at(killed) } as const] : []),
  ];
}
