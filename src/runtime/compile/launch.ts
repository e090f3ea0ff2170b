import type { CgroupParent, Cgroups } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { RuntimeSpec } from '../../oci/index.ts';
import type { NetworkPlan, Outline, Stdio } from '../contract.ts';
import type { FinalStep, MountStep, NetworkStep, Step } from '../plan/steps.ts';
import { compileCgroup } from './cgroup/cgroup.ts';
import { MS_PRIVATE, MS_REC, MS_SLAVE } from './constants.ts';
import { compileHooks } from './hooks.ts';
import { compileDevices } from './mounts/devices.ts';
import { propagationOf } from './mounts/mount-options.ts';
import { compileLateReadonly, compileMounts, ownsDev } from './mounts/mounts.ts';
import { compileNamespaces, makesNew } from './namespaces.ts';
import { compileFinal, type SeccompCompiler } from './privileges.ts';

export interface LaunchInput {
  /** The container's id, which names its session keyring. */
  id: string;
  spec: RuntimeSpec;
  network?: NetworkPlan;
  stdio: Pick<Stdio, 'tty'>;
  /** The directory of the start, where hooks find the specification. */
  bundle: string;
  /** An empty directory of the host on which the root is attached, within the container's mount namespace only. */
  rootAt: string;
  cgroups: Cgroups;
  /** From prepareCgroupParent, for the directory of `spec.linux.cgroupsPath`. */
  parent: CgroupParent;
  /** Whether this kernel has /proc/kcore. */
  kcore: boolean;
  /** A mount namespace whose /dev/shm is attached on the directory `at`, from where `spec` binds it. */
  shm?: { namespace: string; at: string };
  seccomp: SeccompCompiler;
}

/** The plan that starts the container which `spec` describes, confined as runc confines it. Throws `invalid` or `unsupported`. */
export function compileLaunch(input: LaunchInput): Step[] {
  return [...compileFirstHalf({ ...input, outline: input.spec }), ...compileSecondHalf(input)];
}

/** What the shim does before there is a root: cgroups, the new process, its network. */
export function compileFirstHalf(input: {
  outline: Outline;
  network?: NetworkPlan;
  cgroups: Cgroups;
  parent: CgroupParent;
}): Step[] {
  const { outline, cgroups, parent } = input;
  return [...compileCgroup(outline, cgroups, parent), ...compileNamespaces(outline), ...network(input)];
}

/** What the new process does with its root. */
export function compileSecondHalf(input: Omit<LaunchInput, 'network' | 'parent'>): Step[] {
  const { spec } = input;
  if (!makesNew(spec, 'mount')) throw new EngineError('unsupported', 'a container needs a mount namespace of its own');
  const filter = spec.linux.seccomp && input.seccomp(spec.linux.seccomp);
  return [...filesystem(input), ...identity(spec), keyring(input), ...compileFinal(spec.process, filter)];
}

/** RTM_NEWLINK, acknowledged, that sets IFF_UP on interface 1: the loopback of a new namespace. */
const loopbackUp = Buffer.from('2000000010000500010000000000000000000000010000000100000001000000', 'hex');

function network({ outline, network }: { outline: Outline; network?: NetworkPlan }): NetworkStep[] {
  if (network) return networkSteps(network);
  return makesNew(outline, 'network') ? [{ op: 'netInside', message: loopbackUp }] : [];
}

/** What furnishes a network namespace, in the shim's hands. */
export function networkSteps(network: NetworkPlan): NetworkStep[] {
  return [
    ...network.host.map(({ message, netnsFdOffset = -1 }): NetworkStep => ({ op: 'netHost', message, netnsFdOffset })),
    ...network.inside.map(({ message }): NetworkStep => ({ op: 'netInside', message })),
    ...(network.resolver ? [{ op: 'resolver', ...network.resolver } as const] : []),
    ...(network.relays ?? []).map((relay): NetworkStep => ({ op: 'relay', ...relay })),
  ];
}

function filesystem({
  id,
  bundle,
  spec,
  stdio,
  rootAt,
  cgroups,
  kcore,
  shm,
}: Omit<LaunchInput, 'network' | 'parent'>): MountStep[] {
  const propagation = rootPropagation(spec);
  const { uid } = spec.process.user;
  // Slave and private hold from the start; anything else can be set only once the host's root is out of sight.
  const after = propagation & (MS_PRIVATE | MS_SLAVE) ? 0 : propagation;
  return [
    { op: 'root', at: rootAt, propagation },
    ...(shm ? [{ op: 'share', source: '/dev/shm', ...shm } as const] : []),
    ...compileMounts(spec, cgroups),
    ...(ownsDev(spec) ? compileDevices(spec, kcore) : []),
    ...(spec.process.cwd === '/' ? [] : [{ op: 'mkdir', target: spec.process.cwd, mode: 0o755 } as const]),
    ...(stdio.tty ? [{ op: 'console', target: '/dev/console', uid } as const] : []),
    ...compileHooks(spec, { id, bundle }),
    { op: 'pivot', readonly: spec.root.readonly ?? false, propagation: after },
    ...compileLateReadonly(spec),
  ];
}

/** MS_* for the root of a container's mount namespace. */
export function rootPropagation(spec: RuntimeSpec): number {
  const name = spec.linux.rootfsPropagation;
  if (!name) return MS_SLAVE | MS_REC;
  const propagation = propagationOf(name);
  if (propagation === undefined) throw new EngineError('invalid', `rootfsPropagation=${name} is not supported`);
  return propagation;
}

function identity(spec: RuntimeSpec): MountStep[] {
  const { sysctl = {}, readonlyPaths, maskedPaths, mountLabel: label = '' } = spec.linux;
  return [
    ...(spec.hostname ? [{ op: 'hostname', name: spec.hostname } as const] : []),
    ...(spec.domainname ? [{ op: 'domainname', name: spec.domainname } as const] : []),
    ...Object.entries(sysctl).map(([key, value]): MountStep => ({ op: 'sysctl', path: sysctlPath(key), value })),
    ...readonlyPaths.map((path): MountStep => ({ op: 'readonly', path })),
    ...maskedPaths.map((path): MountStep => ({ op: 'mask', path, label })),
  ];
}

function sysctlPath(key: string): string {
  // As in sysctl(8), a name whose first separator is a slash may have dots within its parts.
  const parts = key.split(key[key.search(/[./]/)] === '/' ? '/' : /[./]/);
  if (parts[0] === '' || parts.includes('..')) throw new EngineError('invalid', `sysctl "${key}" is not valid`);
  return parts.join('/');
}

// What is allowed besides the owner: the searching of the ring, so that an exec can join it.
function keyring({ id, spec }: Pick<LaunchInput, 'id' | 'spec'>): FinalStep {
  const permissions = makesNew(spec, 'user') ? 0x8 : 0x8_0000;
  return { op: 'keyring', name: `_ses.${id}`, permissions, label: spec.process.selinuxLabel ?? '' };
}
