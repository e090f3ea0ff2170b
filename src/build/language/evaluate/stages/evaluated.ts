import type { EvaluatedStage, StageBase } from '../../contract.ts';
import type { Evaluator, StageState } from '../state.ts';

/** A stage as the solver gets it, once all its instructions are evaluated; the same object each time. */
export function evaluatedOf(evaluator: Evaluator, state: StageState): EvaluatedStage {
  const known = evaluator.evaluated.get(state);
  if (known) return known;
  const stage: EvaluatedStage = {
    id: evaluator.states.indexOf(state),
    name: state.name,
    base: baseOf(evaluator, state),
    baseLabel: state.label,
    platform: state.platform ?? evaluator.targetPlatform,
    steps: state.steps,
    image: state.image,
    ranges: state.ranges,
  };
  evaluator.evaluated.set(state, stage);
  return stage;
}

function baseOf(evaluator: Evaluator, { base, request, resolved }: StageState): StageBase {
  if (base) return { kind: 'stage', stage: evaluatedOf(evaluator, base) };
  return request && resolved ? { kind: 'image', request, resolved } : { kind: 'scratch' };
}
