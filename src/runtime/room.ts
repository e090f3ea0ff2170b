import { join } from 'node:path';
import { type CgroupParent, type Cgroups, prepareCgroupParent } from '../host/index.ts';
import type { Log } from '../kit/index.ts';
import type { RuntimeSpec, SpecProcess } from '../oci/index.ts';
import type { Control, OciRuntime, Stdio } from './contract.ts';
import { createControl } from './control/index.ts';
import type { PlanHeader } from './plan/encode.ts';
import type { Scopes } from './scope/scopes.ts';
import type { createSeccompCompiler } from './seccomp/index.ts';
import type { Calm } from './spare/calm.ts';
import type { Shims } from './spare/shims.ts';
import type { Spare } from './spare/spare.ts';
import type { UserNamespaces } from './user-namespaces.ts';

/** What every launch of one engine shares. */
export interface Room {
  execRoot: string;
  /** The shim, as a fd to be executed. */
  program: number;
  calm: Calm;
  shims: Shims;
  /** The fd of a new network namespace: of all that a start needs it is the dearest to make. */
  network: Spare<number>;
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
  /** Of the streams, as the host's uid. */
  owner: number;
}

/** What every plan begins with. */
export function headerOf(
  room: Room,
  { id, token, stdio, owner }: Started,
): Omit<PlanHeader, 'kind' | 'reserved' | 'hasNetwork' | 'halved'> {
  return { id, token, boot: room.boot, stdio, owner };
}

/** Who has the streams of a process: its user, as the host's uid. */
export function ownerOf({ linux, process: own }: RuntimeSpec, process: SpecProcess = own): number {
  return hostUid(process.user.uid, linux.uidMappings);
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
