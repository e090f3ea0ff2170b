import { join } from 'node:path';
import { type CgroupParent, type Cgroups, prepareCgroupParent } from '../host/index.ts';
import type { Log } from '../kit/index.ts';
import type { RuntimeSpec, SpecProcess } from '../oci/index.ts';
import type { Control, OciRuntime, Stdio } from './contract.ts';
import { createControl } from './control/index.ts';
import type { PlanHeader } from './plan/encode.ts';
import type { Shims } from './process/shims.ts';
import type { SpareNetwork } from './process/spare-network.ts';
import type { Scopes } from './scope/scopes.ts';
import type { createSeccompCompiler } from './seccomp/index.ts';
import type { UserNamespaces } from './user-namespaces.ts';

/** What every launch of one engine shares. */
export interface Room {
  execRoot: string;
  /** The shim, as a fd to be executed. */
  program: number;
  shims: Shims;
  network: SpareNetwork;
  namespaces: UserNamespaces;
  rootAt: string;
  shmAt: string;
  boot: string;
  cgroups: Cgroups;
  kcore: boolean;
  seccomp: ReturnType<typeof createSeccompCompiler>;
  parents: Map<string, CgroupParent>;
  /** Where systemd makes the cgroups. */
  scopes?: Scopes;
  runtimes: Map<string, OciRuntime>;
  log: Log;
}

interface Started {
  id: string;
  token: string;
  stdio: Stdio;
  process: SpecProcess;
  spec: RuntimeSpec;
}

/** What every plan begins with. */
export function headerOf(
  room: Room,
  { id, token, stdio, process, spec }: Started,
): Omit<PlanHeader, 'kind' | 'reserved' | 'hasNetwork'> {
  const owner = hostUid(process.user.uid, spec.linux.uidMappings);
  return { id, token, boot: room.boot, stdio, owner };
}

function hostUid(id: number, mappings: RuntimeSpec['linux']['uidMappings'] = []): number {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range ? range.hostID + id - range.containerID : id;
}

/** The cgroup that holds the one of a container, made ready once. */
export function parentOf(room: Room, cgroup: string): CgroupParent {
  const parent = join(cgroup, '..');
  const known = room.parents.get(parent) ?? prepareCgroupParent(room.cgroups, parent);
  room.parents.set(parent, known);
  return known;
}

/** The handles of a container's cgroup. */
export function controlOf(room: Room, cgroup: string): Control {
  const control = createControl(room.cgroups, cgroup, () => parentOf(room, cgroup));
  const { scopes } = room;
  if (!scopes) return control;
  const update: Control['update'] = (resources) => {
    control.update(resources);
    void scopes.update(cgroup, resources);
  };
  return { ...control, update };
}
