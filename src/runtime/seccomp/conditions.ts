import { AND, argumentAt, IF_AT_LEAST, IF_EQUAL, IF_GREATER, type Instruction, load } from './bpf.ts';
import { refused } from './refused.ts';

export interface Condition {
  /** Which argument, 0 to 5. */
  index: number;
  op: string;
  /** The value, or for MASKED_EQ the mask. */
  value: bigint;
  /** For MASKED_EQ what remains under the mask. */
  valueTwo: bigint;
}

/** Where a jump of a condition leads: on, or to the next alternative. */
type Target = 'pass' | 'fail';
type Test = Omit<Instruction, 'whenTrue' | 'whenFalse'> & { whenTrue?: Target | 0; whenFalse?: Target | 0 };

const high = (value: bigint) => Number((value >> 32n) & 0xffff_ffffn);
const low = (value: bigint) => Number(value & 0xffff_ffffn);

/** Instructions that fall through where all conditions hold and else skip `beyond` instructions more than their own. */
export function compileConditions(conditions: readonly Condition[], wide: boolean, beyond: number): Instruction[] {
  let program: Instruction[] = [];
  for (const condition of conditions.toReversed()) {
    const tests = wide ? wideTests(condition) : lowTests(condition);
    const fail = program.length + beyond;
    program = [...tests.map((test, index) => place(test, tests.length - index - 1, fail)), ...program];
  }
  return program;
}

function place({ whenTrue, whenFalse, ...test }: Test, rest: number, fail: number): Instruction {
  if (whenTrue === undefined || whenFalse === undefined) return test;
  const distance = (target: Target | 0) => (target === 0 ? 0 : target === 'pass' ? rest : rest + fail);
  return { ...test, whenTrue: distance(whenTrue), whenFalse: distance(whenFalse) };
}

const jump = (code: number, k: number, whenTrue: Target | 0, whenFalse: Target | 0): Test => ({
  code,
  k,
  whenTrue,
  whenFalse,
});

function wideTests(condition: Condition): Test[] {
  const { index, op, value, valueTwo } = condition;
  const top = load(argumentAt(index) + 4) as Test;
  const equalTop = jump(IF_EQUAL, high(value), 0, 'fail');
  switch (op) {
    case 'SCMP_CMP_EQ':
      return [top, equalTop, ...lowTests(condition)];
    case 'SCMP_CMP_NE':
      return [top, jump(IF_EQUAL, high(value), 0, 'pass'), ...lowTests(condition)];
    case 'SCMP_CMP_MASKED_EQ':
      return [...masked(argumentAt(index) + 4, high(value), high(valueTwo)), ...lowTests(condition)];
    case 'SCMP_CMP_GT':
    case 'SCMP_CMP_GE':
      return [top, jump(IF_GREATER, high(value), 'pass', 0), equalTop, ...lowTests(condition)];
    default: {
      const equal = jump(IF_EQUAL, high(value), 0, 'pass');
      return [top, jump(IF_GREATER, high(value), 'fail', 0), equal, ...lowTests(condition)];
    }
  }
}

/** The low word alone, which is all there is of an argument where words have 32 bits. */
function lowTests({ index, op, value, valueTwo }: Condition): Test[] {
  const word = load(argumentAt(index)) as Test;
  const k = low(value);
  switch (op) {
    case 'SCMP_CMP_EQ':
      return [word, jump(IF_EQUAL, k, 'pass', 'fail')];
    case 'SCMP_CMP_NE':
      return [word, jump(IF_EQUAL, k, 'fail', 'pass')];
    case 'SCMP_CMP_MASKED_EQ':
      return masked(argumentAt(index), k, low(valueTwo));
    case 'SCMP_CMP_GT':
      return [word, jump(IF_GREATER, k, 'pass', 'fail')];
    case 'SCMP_CMP_GE':
      return [word, jump(IF_AT_LEAST, k, 'pass', 'fail')];
    case 'SCMP_CMP_LT':
      return [word, jump(IF_AT_LEAST, k, 'fail', 'pass')];
    case 'SCMP_CMP_LE':
      return [word, jump(IF_GREATER, k, 'fail', 'pass')];
    default:
      throw refused(`string ${op} is not a valid operator for seccomp`);
  }
}

// The last jump's true leg is 0: the high word's test falls into the low word's.
function masked(offset: number, mask: number, wanted: number): Test[] {
  if (mask === 0) return [];
  return [load(offset) as Test, { code: AND, k: mask }, jump(IF_EQUAL, (wanted & mask) >>> 0, 0, 'fail')];
}
