import type { ContainerConfig, ExecConfig, HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { RuntimeSpec, SpecProcess } from '../../../oci/index.ts';
import { capabilitySets } from '../build-spec.ts';
import type { HostFacts } from '../facts.ts';
import { overlayEnv, withHome } from './environment.ts';
import { homeOf, lookupGroups, lookupUser, type ReadInRoot, type User } from './users.ts';

/** What one more process in a running container is made of. */
export interface ExecRequest {
  exec: ExecConfig;
  /** The container's merged configuration, its host configuration and its specification as it was started. */
  config: ContainerConfig;
  hostConfig: HostConfig;
  spec: RuntimeSpec;
  /** See SpecRequest. */
  linkedEnv?: string[];
  readInRoot: ReadInRoot;
  facts: HostFacts;
  size?: [rows: number, columns: number];
}

/** The OCI process of an exec. Its user, directory and environment are the container's unless the request says otherwise. */
export function execProcess(request: ExecRequest): SpecProcess {
  const { exec, config, hostConfig, spec, readInRoot, facts, size } = request;
  const args = exec.Cmd ?? [];
  if (args.length === 0) throw new EngineError('invalid', 'No exec command specified');
  checkExec(exec);
  const user = userOf(() => lookupUser(exec.User || config.User || '', readInRoot));
  const groups = lookupGroups(hostConfig.GroupAdd ?? [], readInRoot);
  const capabilities = exec.Privileged ? facts.capabilities : spec.process.capabilities.bounding;
  const { rlimits, noNewPrivileges, apparmorProfile, selinuxLabel, oomScoreAdj } = spec.process;
  return {
    ...(exec.Tty ? { terminal: true } : {}),
    ...(exec.Tty && size ? { consoleSize: { height: size[0], width: size[1] } } : {}),
    user: { ...user, additionalGids: [...user.additionalGids, ...groups] },
    args,
    env: execEnv(request, () => homeOf(user.uid, readInRoot)),
    cwd: exec.WorkingDir || config.WorkingDir || '/',
    capabilities: capabilitySets(capabilities),
    ...(rlimits ? { rlimits } : {}),
    ...(noNewPrivileges ? { noNewPrivileges } : {}),
    ...(apparmorProfile ? { apparmorProfile: exec.Privileged ? 'unconfined' : apparmorProfile } : {}),
    ...(selinuxLabel ? { selinuxLabel } : {}),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
  };
}

/** Refuses a user or group by name that the container does not know; `invalid`, as an exec cannot be made for it. */
export function checkExecUser(user: string | undefined, readInRoot: ReadInRoot): void {
  if (user) userOf(() => lookupUser(user, readInRoot));
}

function checkExec({ WorkingDir, Env }: ExecConfig): void {
  if (WorkingDir && !WorkingDir.startsWith('/')) throw new EngineError('invalid', 'Cwd must be an absolute path');
  if (Env?.some((entry) => entry.startsWith('='))) {
    throw new EngineError('invalid', 'invalid environment variable: name cannot be empty');
  }
}

/** For an exec, Docker counts an unknown user as the client's mistake. */
function userOf(lookup: () => User): User {
  try {
    return lookup();
  } catch (error) {
    throw error instanceof EngineError ? new EngineError('invalid', error.message, error) : error;
  }
}

function execEnv({ exec, config, linkedEnv = [] }: ExecRequest, home: () => string): string[] {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const defaults = [path, `HOSTNAME=${config.Hostname ?? ''}`, ...(exec.Tty ? ['TERM=xterm'] : [])];
  return withHome(overlayEnv([...defaults, ...linkedEnv], [...(config.Env ?? []), ...(exec.Env ?? [])]), home);
}
