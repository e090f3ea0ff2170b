import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { CapabilitySets, RuntimeSpec, SpecProcess } from '../../oci/index.ts';
import type { IdMapping } from '../../snapshot/index.ts';
import type { Labels } from '../selinux/label.ts';
import { withRequestedDevices } from './cdi/apply.ts';
import type { HostFacts } from './facts.ts';
import { argv } from './merge.ts';
import type { MountPoint } from './mounts/mount-point.ts';
import { containerMounts, initInContainer, type MountRequest } from './mounts/mounts.ts';
import { rootPropagation } from './mounts/propagation.ts';
import { containerNamespaces, isContainerMode, type JoinedNamespaces } from './namespaces.ts';
import { containerCapabilities } from './process/capabilities.ts';
import { containerEnv } from './process/environment.ts';
import { apparmorOf, parseSecurityOptions, type SecurityOptions } from './process/security.ts';
import { homeOf, lookupGroups, lookupUser, type ReadInRoot } from './process/users.ts';
import { cgroupsPath } from './resources/cgroup-path.ts';
import { containerDevices } from './resources/devices.ts';
import { containerResources } from './resources/resources.ts';
import { processRlimits } from './resources/rlimits.ts';
import { defaultProfile } from './seccomp/default-profile.ts';
import { parseProfile, resolveProfile } from './seccomp/profile.ts';
import { checkSysctls, defaultSysctls } from './sysctls.ts';

/** All that one start of a container is made of. */
export interface SpecRequest {
  id: string;
  /** Merged; its Hostname is what the container is called. */
  config: ContainerConfig;
  /** Variables that tell of linked containers; the container's own count more. */
  linkedEnv?: string[];
  /** Adapted and validated. */
  hostConfig: HostConfig;
  /** Resolved; volumes have their `source`. */
  mounts: MountPoint[];
  files: MountRequest['files'];
  /** For the `container:` modes. */
  joined: JoinedNamespaces;
  /** Its ids on the host, where they are not the host's own. */
  ids?: IdMapping;
  /** SELinux's, of its processes and its files; empty ones are none. */
  labels?: Labels;
  /** The directory that is /dev/shm for the ipc mode `container:`. */
  shmPath?: string;
  readInRoot: ReadInRoot;
  facts: HostFacts;
  /** `root.path` of the specification. */
  rootPath: string;
  /** Where the container's cgroup goes unless HostConfig.CgroupParent says otherwise, for example `/tug`. */
  cgroupParent: string;
  /** Rows and columns of a tty. */
  size?: [rows: number, columns: number];
}

type OutlineRequest = Pick<SpecRequest, 'id' | 'config' | 'hostConfig' | 'joined' | 'cgroupParent' | 'ids' | 'facts'>;

/** What of the specification needs no root; the whole has it in the same words unless `DeviceRequests` add to it. */
export function outlineSpec({ id, config, hostConfig, joined, cgroupParent, ids, facts }: OutlineRequest) {
  const { rules } = containerDevices(hostConfig);
  return {
    namespaces: containerNamespaces(hostConfig, config, { ...joined, ownIds: ids !== undefined }),
    ...(ids && { uidMappings: ids.uids, gidMappings: ids.gids }),
    cgroupsPath: cgroupsPath(hostConfig.CgroupParent || cgroupParent, id, facts),
    resources: containerResources(hostConfig, rules),
  };
}

/** The OCI specification of a container, as Docker writes it for the same options. Reads users through `readInRoot`. */
export function buildSpec(request: SpecRequest): RuntimeSpec {
  const { config, hostConfig, facts } = request;
  const security = parseSecurityOptions(hostConfig, facts);
  const capabilities = capabilitiesOf(hostConfig, facts);
  const initPath = initOf(hostConfig, facts);
  const outline = outlineSpec(request);
  const { namespaces } = outline;
  const { devices } = containerDevices(hostConfig);
  const sysctl = sysctlsOf(request);
  checkSysctls(sysctl, namespaces);
  const seccomp = seccompOf(security, capabilities, facts);
  const rootfsPropagation = rootPropagation(request.mounts, facts.mountInfo);
  const ownUts = namespaces.some((namespace) => namespace.type === 'uts');
  const spec: RuntimeSpec = {
    ociVersion: '1.2.1',
    process: processOf(request, { security, capabilities, init: initPath !== undefined }),
    root: { path: request.rootPath, ...(hostConfig.ReadonlyRootfs ? { readonly: true } : {}) },
    ...(ownUts ? { hostname: config.Hostname ?? '' } : {}),
    ...(ownUts && config.Domainname ? { domainname: config.Domainname } : {}),
    mounts: containerMounts({
      hostConfig,
      points: request.mounts,
      files: config.NetworkDisabled ? {} : request.files,
      // As in Docker: what is not the container's own there it cannot write to anyway.
      writableCgroups: (security.writableCgroups ?? false) || request.ids !== undefined,
      ...(request.shmPath ? { shmPath: request.shmPath } : {}),
      ...(initPath ? { initPath } : {}),
    }),
    ...(hostConfig.Annotations ? { annotations: hostConfig.Annotations } : {}),
    linux: {
      ...outline,
      devices,
      maskedPaths: hostConfig.Privileged ? [] : (hostConfig.MaskedPaths ?? []),
      readonlyPaths: hostConfig.Privileged ? [] : (hostConfig.ReadonlyPaths ?? []),
      ...(rootfsPropagation ? { rootfsPropagation } : {}),
      ...(Object.keys(sysctl).length > 0 ? { sysctl } : {}),
      ...(seccomp ? { seccomp } : {}),
      ...mountLabelOf(request),
    },
  };
  return withRequestedDevices(spec, hostConfig, facts);
}

const mountLabelOf = ({ labels }: SpecRequest): { mountLabel?: string } =>
  labels?.mount ? { mountLabel: labels.mount } : {};

function capabilitiesOf(hostConfig: HostConfig, facts: HostFacts): string[] {
  const { CapAdd, CapDrop, Privileged } = hostConfig;
  return containerCapabilities(
    { add: CapAdd ?? [], drop: CapDrop ?? [], privileged: Privileged ?? false },
    facts.capabilities,
  );
}

function initOf({ Init, PidMode }: HostConfig, facts: HostFacts): string | undefined {
  // Another's pid namespace has an init already.
  if (!(Init ?? facts.defaults?.init) || PidMode) return undefined;
  if (!facts.initPath) {
    throw new EngineError('internal', 'exec: "docker-init": executable file not found in $PATH');
  }
  return facts.initPath;
}

function processOf(
  request: SpecRequest,
  given: { security: SecurityOptions; capabilities: string[]; init: boolean },
): SpecProcess {
  const { config, hostConfig, readInRoot, facts, size } = request;
  const user = lookupUser(config.User ?? '', readInRoot);
  const extra = lookupGroups(hostConfig.GroupAdd ?? [], readInRoot);
  const rlimits = processRlimits(hostConfig, request.facts);
  const apparmorProfile = apparmorOf(hostConfig, facts);
  // Whatever it was given, one with all powers runs as the engine does.
  const selinuxLabel = hostConfig.Privileged ? '' : request.labels?.process;
  return {
    ...(config.Tty ? { terminal: true } : {}),
    ...(config.Tty && size?.[0] ? { consoleSize: { height: size[0], width: size[1] } } : {}),
    user: { ...user, additionalGids: [...user.additionalGids, ...extra] },
    args: given.init ? [initInContainer, '--', ...argv(config)] : argv(config),
    env: containerEnv(config, () => homeOf(user.uid, readInRoot), request.linkedEnv),
    cwd: config.WorkingDir || '/',
    capabilities: capabilitySets(given.capabilities),
    ...(rlimits.length > 0 ? { rlimits } : {}),
    ...(given.security.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(apparmorProfile ? { apparmorProfile } : {}),
    ...(selinuxLabel ? { selinuxLabel } : {}),
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
  };
}

/** Nothing is inheritable or ambient, so that a user who is not root ends with none when the program is executed. */
export function capabilitySets(capabilities: string[]): CapabilitySets {
  return { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [], ambient: [] };
}

function seccompOf(security: SecurityOptions, capabilities: string[], facts: HostFacts) {
  if (security.seccomp === 'unconfined') return undefined;
  const profile = security.seccomp === 'builtin' ? defaultProfile : parseProfile(security.seccomp);
  return resolveProfile(profile, capabilities, facts);
}

function sysctlsOf({ hostConfig, facts, ids }: SpecRequest): Record<string, string> {
  const mode = hostConfig.NetworkMode;
  const ownNetwork = mode !== 'host' && !isContainerMode(mode);
  const asked = hostConfig.Sysctls ?? {};
  // Also one that is spelled with slashes takes a default's place: a runtime writes them in any order.
  const spelled = new Set(Object.keys(asked).map((name) => name.replaceAll('/', '.')));
  const initial = Object.entries(ownNetwork ? defaultSysctls(facts) : {}).filter(([name]) => !spelled.has(name));
  // Its groups are not all that there are.
  if (ids) return { ...Object.fromEntries(initial.filter(([name]) => name !== 'net.ipv4.ping_group_range')), ...asked };
  return { ...Object.fromEntries(initial), ...asked };
}
