import type { Cgroups } from '../../host/index.ts';
import type { RuntimeSpec, SpecProcess } from '../../oci/index.ts';
import type { Step } from '../plan/steps.ts';
import { compileCgroupJoin } from './cgroup/cgroup.ts';
import { namespaceBits } from './namespaces.ts';
import { compileFinal, type SeccompCompiler } from './privileges.ts';

export interface ExecInput {
  /** The container's id, which names its session keyring. */
  containerId: string;
  /** The container's spec: its cgroup, namespaces, seccomp profile and rlimits hold for the exec as well. */
  spec: RuntimeSpec;
  process: SpecProcess;
  cgroups: Cgroups;
  seccomp: SeccompCompiler;
}

/** The plan of one more process in a running container, as confined as its first one. */
export function compileExec({ containerId, spec, process, cgroups, seccomp }: ExecInput): Step[] {
  const { oomScoreAdj, rlimits, user } = spec.process;
  const inherited: SpecProcess = {
    ...process,
    ...(process.oomScoreAdj === undefined && oomScoreAdj !== undefined && { oomScoreAdj }),
    ...(!process.rlimits?.length && rlimits && { rlimits }),
    user: { ...process.user, umask: process.user.umask ?? user.umask ?? 0o022 },
  };
  return [
    ...compileCgroupJoin(spec, cgroups),
    { op: 'joinInit', types: namespaceBits(spec) },
    { op: 'clone', flags: 0 },
    { op: 'keyring', name: `_ses.${containerId}`, permissions: 0, label: process.selinuxLabel ?? '' },
    ...compileFinal(inherited, spec.linux.seccomp && seccomp(spec.linux.seccomp)),
  ];
}
