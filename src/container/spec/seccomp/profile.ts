import { decodeSeccomp } from '../../../api/decode/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { SpecSeccomp } from '../../../oci/index.ts';
import type { HostFacts } from '../facts.ts';

interface Condition {
  caps?: string[] | null;
  arches?: string[] | null;
  minKernel?: string | null;
}

interface Rule {
  name?: string;
  names?: string[] | null;
  action: string;
  errnoRet?: number | null;
  args?: { index: number; value: number; valueTwo?: number; op: string }[] | null;
  includes?: Condition;
  excludes?: Condition;
}

/** A seccomp profile in Docker's format: rules with conditions, resolved for each container. */
export interface SeccompProfile {
  defaultAction?: string;
  defaultErrnoRet?: number | null;
  architectures?: string[] | null;
  archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null;
  flags?: string[] | null;
  listenerPath?: string;
  syscalls?: Rule[] | null;
}

const nativeArchitecture = { amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

const refuse = (message: string): EngineError => new EngineError('internal', message);

/** The profile as a user gave it; refused in Docker's words if it is no JSON or contradicts itself. */
export function parseProfile(json: string): SeccompProfile {
  const profile = decodeSeccomp<SeccompProfile>(json);
  if (profile.architectures?.length && profile.archMap?.length) {
    throw refuse(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  if (profile.listenerPath) throw new EngineError('unsupported', 'seccomp listenerPath is not supported');
  profile.syscalls?.forEach(checkRule);
  return profile;
}

function checkRule(rule: Rule): void {
  if (rule.name && rule.names?.length) {
    throw refuse("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  }
  for (const condition of [rule.includes, rule.excludes]) {
    if (condition?.minKernel) parseKernel(condition.minKernel);
  }
}

function parseKernel(text: string): [number, number] {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) {
    const [, no] = /^\d+\.(.*)$/s.exec(text) ?? [];
    const why = no === undefined ? '' : `: strconv.ParseUint: parsing ${JSON.stringify(no)}: invalid syntax`;
    const expected = `expected "<kernel>.<major>"${why}`;
    throw refuse(`Decoding seccomp profile failed: invalid kernel version: ${JSON.stringify(text)}, ${expected}`);
  }
  return [Number(major), Number(minor)];
}

/** The rules that hold for a container with these capabilities (its bounding set); undefined if the profile is empty. */
export function resolveProfile(
  profile: SeccompProfile,
  capabilities: string[],
  facts: Pick<HostFacts, 'architecture' | 'kernel'>,
): SpecSeccomp | undefined {
  if (!profile.defaultAction && !profile.syscalls?.length) return undefined;
  const holds = (rule: Rule): boolean => included(rule.includes) && !excluded(rule.excludes);
  const included = ({ caps, arches, minKernel }: Condition = {}): boolean =>
    (!arches?.length || arches.includes(facts.architecture)) &&
    (caps ?? []).every((capability) => capabilities.includes(capability)) &&
    (!minKernel || atLeast(facts.kernel, parseKernel(minKernel)));
  const excluded = ({ caps, arches, minKernel }: Condition = {}): boolean =>
    (arches ?? []).includes(facts.architecture) ||
    (caps ?? []).some((capability) => capabilities.includes(capability)) ||
    (!!minKernel && atLeast(facts.kernel, parseKernel(minKernel)));
  const architectures = resolveArchitectures(profile, facts);
  return {
    defaultAction: profile.defaultAction ?? '',
    ...(isNumber(profile.defaultErrnoRet) ? { defaultErrnoRet: profile.defaultErrnoRet } : {}),
    ...(architectures.length > 0 ? { architectures } : {}),
    ...(profile.flags?.length ? { flags: profile.flags } : {}),
    syscalls: (profile.syscalls ?? []).filter(holds).map(plain),
  };
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

const atLeast = (kernel: [number, number], wanted: [number, number]): boolean =>
  kernel[0] !== wanted[0] ? kernel[0] > wanted[0] : kernel[1] >= wanted[1];

function resolveArchitectures(profile: SeccompProfile, facts: Pick<HostFacts, 'architecture'>): string[] {
  if (profile.architectures?.length) return profile.architectures;
  const native = nativeArchitecture[facts.architecture];
  const entry = profile.archMap?.find(({ architecture }) => architecture === native);
  return entry ? [native, ...(entry.subArchitectures ?? [])] : [];
}

function plain(rule: Rule): SpecSeccomp['syscalls'][number] {
  return {
    names: rule.name ? [rule.name] : (rule.names ?? []),
    action: rule.action,
    ...(isNumber(rule.errnoRet) ? { errnoRet: rule.errnoRet } : {}),
    ...(rule.args?.length ? { args: rule.args } : {}),
  };
}
