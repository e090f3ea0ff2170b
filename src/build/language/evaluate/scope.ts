import type { Checker } from '../checks/checker.ts';
import { messages } from '../checks/rules.ts';
import type { Range } from '../contract.ts';
import { expand } from '../expand/expand.ts';
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
  const put = (word: string) => {
    const { text, unmatched } = expand(word, state.env, { escape: evaluator.dockerfile.directives.escape });
    reportUndefined(state, { unmatched, ranges }, checker);
    return text;
  };
  return { evaluator, state, bound, checker, put };
}

/** Reports variables that are neither set nor declared. */
export function reportUndefined(
  state: StageState,
  { unmatched, ranges }: { unmatched: ReadonlySet<string>; ranges: readonly Range[] },
  checker: Checker,
): void {
  for (const name of unmatched) {
    const known = name === 'BUILDKIT_SBOM_SCAN_CONTEXT' || name === 'BUILDKIT_SBOM_SCAN_STAGE';
    if (known || state.buildArgs.some(({ key }) => key === name)) continue;
    checker.report('UndefinedVar', ranges, messages.undefinedVar(name, suggestion(name, state.env.keys())));
  }
}
