import { createChecker } from '../../checks/checker.ts';
import { DockerfileError } from '../../error.ts';
import { parseTrigger } from '../../parse/dockerfile.ts';
import type { Evaluator, StageState } from '../state.ts';
import { inherit } from './inherit.ts';
import { bind } from './needs.ts';

const silent = createChecker({ skip: 'all', experimental: [], error: false }, () => undefined);

/** Puts what a stage's base has put off before its own instructions; true if that may need further stages or images. */
export function pullTriggers(evaluator: Evaluator, state: StageState): boolean {
  inherit(state);
  const triggers = [...(state.image.config.OnBuild ?? [])];
  delete state.image.config.OnBuild;
  if (state.base && !state.hasTriggers) {
    for (const { instruction } of state.base.instructions) {
      if (instruction.kind === 'onbuild') triggers.push(instruction.trigger);
    }
    state.hasTriggers = true;
  }
  if (triggers.length === 0) return false;
  const bound = triggers.map((trigger) => bindTrigger(evaluator, state, trigger));
  state.instructions = [...bound, ...state.instructions];
  state.total += bound.length;
  return bound.some(({ sources }) => sources.length > 0);
}

function bindTrigger(evaluator: Evaluator, state: StageState, trigger: string) {
  const { from } = state.stage;
  const instruction = parseTrigger(trigger, from, silent);
  try {
    return bind(evaluator, state, instruction, true);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(error.message, [from.ranges], error.cause);
  }
}
