import { EngineError } from '../../kit/index.ts';
import type { SpecProcess, SpecSeccomp } from '../../oci/index.ts';
import type { FinalStep } from '../plan/steps.ts';
import type { SeccompFilter } from '../seccomp/index.ts';
import { CAPABILITIES, RLIMITS } from './constants.ts';

/** Turns a profile into a filter; see createSeccompCompiler. */
export type SeccompCompiler = (profile: SpecSeccomp) => SeccompFilter;

/** From the gate to exec, for a container's first process and for an exec alike. */
export function compileFinal(process: SpecProcess, compiled: SeccompFilter | undefined): FinalStep[] {
  const { capabilities, user } = process;
  const filter: FinalStep[] = compiled ? [{ op: 'seccomp', ...compiled }] : [];
  const locked = process.noNewPrivileges === true;
  return [
    { op: 'gate' },
    ...(process.oomScoreAdj === undefined ? [] : [{ op: 'oomScoreAdj', value: process.oomScoreAdj } as const]),
    ...labels(process),
    { op: 'cwd', path: process.cwd, create: false },
    // After all that opens a file: the shim holds more than a limit of few may allow.
    ...rlimits(process),
    ...(locked ? [] : filter),
    { op: 'boundingSet', bits: bitsOf(capabilities.bounding) },
    { op: 'ids', uid: user.uid, gid: user.gid, groups: user.additionalGids ?? [], umask: user.umask ?? 0o022 },
    {
      op: 'capabilities',
      effective: bitsOf(capabilities.effective),
      permitted: bitsOf(capabilities.permitted),
      inheritable: bitsOf(capabilities.inheritable),
      ambient: bitsOf(capabilities.ambient),
    },
    ...(locked ? [{ op: 'noNewPrivileges' } as const, ...filter] : []),
    { op: 'exec', args: process.args, env: process.env },
  ];
}

/** A set of CAP_* names as bits; a name that this version does not know grants nothing. */
export function bitsOf(names: readonly string[] | undefined): bigint {
  let bits = 0n;
  for (const name of names ?? []) {
    const number = CAPABILITIES.get(name.toUpperCase());
    if (number !== undefined) bits |= 1n << BigInt(number);
  }
  return bits;
}

function rlimits({ rlimits = [] }: SpecProcess): FinalStep[] {
  const seen = new Set<string>();
  return rlimits.map(({ type, soft, hard }) => {
    const resource = RLIMITS.get(type);
    if (resource === undefined) throw new EngineError('invalid', `invalid rlimit type: ${type}`);
    if (seen.has(type)) throw new EngineError('invalid', `duplicate rlimit: ${type}`);
    seen.add(type);
    return { op: 'rlimit', resource, soft: limit(soft), hard: limit(hard) };
  });
}

// -1 and what JSON could not hold exactly (2^64-1) are RLIM_INFINITY.
const limit = (value: number) =>
  value < 0 || value > Number.MAX_SAFE_INTEGER ? 0xffffffffffffffffn : BigInt(Math.trunc(value));

function labels({ apparmorProfile, selinuxLabel }: SpecProcess): FinalStep[] {
  const steps: FinalStep[] = [];
  if (apparmorProfile) steps.push({ op: 'label', kind: 'apparmor', value: `exec ${apparmorProfile}` });
  if (selinuxLabel) steps.push({ op: 'label', kind: 'selinux', value: selinuxLabel });
  return steps;
}
