import type { Checker } from '../checks/checker.ts';
import { messages } from '../checks/rules.ts';
import type { Range } from '../contract.ts';
import { tryExpand } from '../expand/expand.ts';
import { suggestion } from '../text/suggest.ts';
import type { BoundInstruction, Evaluator, StageState } from './state.ts';

/** One instruction of a stage at the moment it is evaluated. */
export interface Scope {
  readonly evaluator: Evaluator;
  readonly state: StageState;
  readonly bound: BoundInstruction;
  readonly checker: Checker;
  /** A word with the variables that are set now; what is set nowhere is reported. */
  readonly put: (word: string) => string;
}

export function scopeOf(evaluator: Evaluator, state: StageState, bound: BoundInstruction): Scope {
  const { comments, ranges } = bound.instruction;
  const checker = evaluator.checker.under(comments);
  const { escape: mark } = evaluator.dockerfile.directives;
  const put = (word: string) => reported(tryExpand(word, state.env, { escape: mark }), { state, ranges, checker });
  return { evaluator, state, bound, checker, put };
}

/** What came of a word; variables that are neither set nor declared are reported, whether or not it could be read. */
export function reported(
  { text, unmatched, error }: ReturnType<typeof tryExpand>,
  { state, ranges, checker }: { state: StageState; ranges: readonly Range[]; checker: Checker },
): string {
  for (const name of unmatched) {
    const known = name === 'BUILDKIT_SBOM_SCAN_CONTEXT' || name === 'BUILDKIT_SBOM_SCAN_STAGE';
    if (known || state.buildArgs.some(({ key }) => key === name)) continue;
    checker.report('UndefinedVar', ranges, messages.undefinedVar(name, suggestion(name, state.env.keys())));
  }
  if (error) throw error;
  return text;
}
