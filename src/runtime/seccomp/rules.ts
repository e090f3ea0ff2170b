import { EngineError } from '../../kit/index.ts';
import type { SpecSeccomp } from '../../oci/index.ts';
import { type Architecture, multiplexed, numberOf } from './architectures.ts';
import type { Condition } from './conditions.ts';
import { refused, refusedAtLoading } from './refused.ts';

const EPERM = 1;

/** What becomes of a system call: the first alternative whose conditions all hold, else `otherwise`. Values are SECCOMP_RET_*. */
export interface Ruling {
  alternatives: { conditions: Condition[]; action: number }[];
  otherwise: number;
}

/** The rulings of one architecture by number, and the highest number that the profile names on it. */
export interface Rulings {
  byNumber: Map<number, Ruling>;
  highest: number;
}

const actions: ReadonlyMap<string, number> = new Map([
  ['SCMP_ACT_KILL', 0],
  ['SCMP_ACT_KILL_THREAD', 0],
  ['SCMP_ACT_KILL_PROCESS', 0x8000_0000],
  ['SCMP_ACT_TRAP', 0x0003_0000],
  ['SCMP_ACT_ERRNO', 0x0005_0000],
  ['SCMP_ACT_TRACE', 0x7ff0_0000],
  ['SCMP_ACT_LOG', 0x7ffc_0000],
  ['SCMP_ACT_ALLOW', 0x7fff_0000],
]);

/** The SECCOMP_RET_* value of an action; those that carry an errno carry EPERM if none is given. */
export function actionValue(action: string, errno: number | undefined): number {
  const value = actions.get(action);
  if (action === 'SCMP_ACT_NOTIFY') throw refusedAtLoading('seccomp listenerPath is not set');
  if (value === undefined) throw refused(`string ${action} is not a valid action for seccomp`);
  const carries = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  return carries ? value + ((errno ?? EPERM) & 0xffff) : value;
}

/** Sorts a profile's rules by number. An unconditional rule beats conditional ones; of two that contradict the first holds. */
export function rulingsOf(profile: SpecSeccomp, architecture: Architecture): Rulings {
  const fallback = actionValue(profile.defaultAction, profile.defaultErrnoRet);
  const byNumber = new Map<number, Ruling>();
  const settled = new Set<number>();
  let highest = -1;
  for (const { names, action, errnoRet, args = [] } of profile.syscalls) {
    const value = actionValue(action, errnoRet);
    const alternatives = conditionsOf(args, names[0] ?? '');
    for (const name of names) {
      const number = numberOf(architecture, name);
      if (number !== undefined) highest = Math.max(highest, number);
      if (value === fallback) continue;
      const add = adder(byNumber, settled, { value, fallback });
      if (number !== undefined) add(number, alternatives);
      const through = multiplexed(architecture, name);
      // What a pointer leads to cannot be looked at: the conditions fall away.
      if (through) add(through.through, [[firstArgument(through.call)]]);
    }
  }
  return { byNumber, highest };
}

function adder(
  byNumber: Map<number, Ruling>,
  settled: Set<number>,
  { value, fallback }: { value: number; fallback: number },
) {
  return (number: number, alternatives: Condition[][]): void => {
    const ruling = byNumber.get(number) ?? { alternatives: [], otherwise: fallback };
    if (alternatives.length === 0) {
      if (settled.has(number)) return;
      settled.add(number);
      byNumber.set(number, { alternatives: [], otherwise: value });
    } else if (!settled.has(number)) {
      ruling.alternatives.push(...alternatives.map((conditions) => ({ conditions, action: value })));
      byNumber.set(number, ruling);
    }
  };
}

const firstArgument = (call: number): Condition => ({
  index: 0,
  op: 'SCMP_CMP_EQ',
  value: BigInt(call),
  valueTwo: 0n,
});

/**
 * A rule's conditions as alternatives. They hold together, but where one argument is named twice runc has always taken each
 * condition for a rule of its own, and profiles are written for that.
 */
function conditionsOf(args: NonNullable<SpecSeccomp['syscalls'][number]['args']>, name: string): Condition[][] {
  if (args.length === 0) return [];
  const conditions = args.map(({ index, op, value, valueTwo = 0 }) => {
    if (index < 0 || index > 5) {
      const why = `syscalls only have up to 6 arguments (${index} given)`;
      throw refusedAtLoading(`error creating seccomp syscall condition for syscall ${name}: ${why}`);
    }
    return { index, op, value: word(value), valueTwo: word(valueTwo) };
  });
  const repeated = new Set(conditions.map(({ index }) => index)).size < conditions.length;
  return repeated ? conditions.map((condition) => [condition]) : [conditions];
}

// A JSON number is exact up to 2^53; all 64 bits set come as 2^64.
const largest = 0xffff_ffff_ffff_ffffn;
function word(value: number): bigint {
  if (!Number.isInteger(value) || value < 0) throw new EngineError('invalid', `seccomp: invalid value ${value}`);
  return BigInt(value) > largest ? largest : BigInt(value);
}
