import { EngineError } from '../../kit/index.ts';
import type { SpecSeccomp } from '../../oci/index.ts';
import { type Architecture, architecturesOf, X32_BIT } from './architectures.ts';
import { ARCHITECTURE_AT, branch, encode, type Instruction, load, NUMBER_AT, verdict, when } from './bpf.ts';
import { compileConditions } from './conditions.ts';
import { refused } from './refused.ts';
import { actionValue, type Ruling, rulingsOf } from './rules.ts';

/** What seccomp(SECCOMP_SET_MODE_FILTER) takes. */
export interface SeccompFilter {
  program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* */
  flags: number;
}

const KILL_THREAD = 0;
const ENOSYS = 0x0005_0000 + 38;
/** After these a call that the profile's author could not know goes through as well, so that it needs no answer of its own. */
const permissive = new Set(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']);

const flagBits: ReadonlyMap<string, number> = new Map([
  // Filters are loaded by a process of one thread: nothing to synchronise.
  ['SECCOMP_FILTER_FLAG_TSYNC', 0],
  ['SECCOMP_FILTER_FLAG_LOG', 2],
  ['SECCOMP_FILTER_FLAG_SPEC_ALLOW', 4],
]);

/**
 * Compiles a profile for a machine (`x64` or `arm64`, as process.arch has it). Calls of interfaces which the profile does not list
 * kill the thread; a number above all that it names answers ENOSYS instead of an errno or a kill, so that programs fall back.
 */
export function compileSeccomp(profile: SpecSeccomp, machine: string = process.arch): SeccompFilter {
  const architectures = architecturesOf(profile.architectures ?? [], machine);
  const byAudit = Map.groupBy(architectures, ({ audit }) => audit);
  const program: Instruction[] = [load(ARCHITECTURE_AT)];
  for (const [audit, group] of byAudit) {
    program.push(...when(audit, [load(NUMBER_AT), ...numbersOf(profile, group)]));
  }
  program.push(verdict(KILL_THREAD));
  if (program.length > 4096) throw new EngineError('invalid', 'seccomp: the profile is too large for a filter');
  return { program: encode(program), flags: flagsOf(profile) };
}

/** A compiler that remembers its latest results, since most containers have one of a few profiles. */
export function createSeccompCompiler(limit = 16): (profile: SpecSeccomp) => SeccompFilter {
  const cache = new Map<string, SeccompFilter>();
  return (profile) => {
    const key = JSON.stringify(profile);
    const filter = cache.get(key) ?? compileSeccomp(profile);
    cache.delete(key);
    cache.set(key, filter);
    const [oldest] = cache.keys();
    if (cache.size > limit && oldest !== undefined) cache.delete(oldest);
    return filter;
  };
}

function flagsOf({ flags = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'] }: SpecSeccomp): number {
  return flags.reduce((bits, flag) => {
    const bit = flagBits.get(flag);
    if (bit === undefined) throw refused(`seccomp flag ${flag} is not known to runc`);
    return bits | bit;
  }, 0);
}

/** The numbers of architectures that share an AUDIT_ARCH_*: one, or x86_64 with x32 above it. */
function numbersOf(profile: SpecSeccomp, group: Architecture[]): Instruction[] {
  const [native, marked] = group.toSorted((a, b) => a.base - b.base);
  const own = treeOf(profile, native as Architecture);
  if (marked) return branch(marked.base, treeOf(profile, marked), own);
  if (native?.name !== 'x86_64') return own;
  // Without x32 its marked numbers are of no interface; -1 is what a tracer sets to skip a call.
  const skipped = actionValue(profile.defaultAction, profile.defaultErrnoRet);
  return branch(X32_BIT, branch(0xffff_ffff, [verdict(skipped)], [verdict(KILL_THREAD)]), own);
}

/** From `start` to the next range's start, all numbers get the same code. */
interface Range {
  start: number;
  code: Instruction[];
}

function treeOf(profile: SpecSeccomp, architecture: Architecture): Instruction[] {
  const { byNumber, highest } = rulingsOf(profile, architecture);
  const fallback = actionValue(profile.defaultAction, profile.defaultErrnoRet);
  const ranges: Range[] = [{ start: 0, code: [verdict(fallback)] }];
  let next = 0;
  const open = (start: number, code: Instruction[]) => {
    if (ranges.at(-1)?.start === start) ranges.pop();
    const before = ranges.at(-1)?.code;
    if (!before || !same(before, code)) ranges.push({ start, code });
  };
  for (const [number, ruling] of [...byNumber].toSorted(([a], [b]) => a - b)) {
    if (number > next) open(next, [verdict(fallback)]);
    open(number, rulingCode(ruling, architecture.wide));
    next = number + 1;
  }
  open(next, [verdict(fallback)]);
  if (highest >= 0 && !permissive.has(profile.defaultAction)) open(highest + 1, [verdict(ENOSYS)]);
  return balance(ranges);
}

function balance(ranges: Range[]): Instruction[] {
  const middle = ranges[ranges.length >> 1];
  if (ranges.length === 1 || !middle) return ranges[0]?.code ?? [];
  const at = ranges.length >> 1;
  return branch(middle.start, balance(ranges.slice(at)), balance(ranges.slice(0, at)));
}

function rulingCode({ alternatives, otherwise }: Ruling, wide: boolean): Instruction[] {
  const code = alternatives.flatMap(({ conditions, action }) => [
    ...compileConditions(conditions, wide, 1),
    verdict(action),
  ]);
  return [...code, verdict(otherwise)];
}

const same = (a: Instruction[], b: Instruction[]) =>
  a.length === b.length &&
  a.every(({ code, k, whenTrue, whenFalse }, index) => {
    const other = b[index];
    return other?.code === code && other.k === k && other.whenTrue === whenTrue && other.whenFalse === whenFalse;
  });
