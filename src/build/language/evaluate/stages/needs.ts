import type { Instruction, Stage } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { expand } from '../../expand/expand.ts';
import { mountFrom } from '../../instructions/mount-fields.ts';
import { addState, type BoundInstruction, type Evaluator, newState, type StageState } from '../state.ts';

/** Finds the stages and images that the stages' instructions name. */
export function bindInstructions(evaluator: Evaluator): void {
  const own = evaluator.states.slice();
  for (const state of own) {
    state.instructions = state.stage.instructions.map((instruction) => bind(evaluator, state, instruction, false));
  }
  refuseCircles(evaluator.states);
  const [only] = evaluator.states;
  if (only && evaluator.states.length === 1) only.name = '';
}

/** One instruction with its sources, which the stage then needs. */
export function bind(
  evaluator: Evaluator,
  state: StageState,
  instruction: Instruction,
  onbuild: boolean,
): BoundInstruction {
  const sources = sourcesOf(evaluator, instruction);
  for (const source of sources) {
    state.needs.set(source, instruction);
    if (source.unregistered && !evaluator.states.includes(source)) addState(evaluator, source);
  }
  return { instruction, sources, onbuild };
}

function sourcesOf(evaluator: Evaluator, instruction: Instruction): StageState[] {
  if (instruction.kind === 'copy' && instruction.from !== '') return [copySource(evaluator, instruction)];
  if (instruction.kind !== 'run') return [];
  return instruction.mounts.map((mount) => {
    const from = mountFrom(mount) || 'scratch';
    return evaluator.byName.get(from.toLowerCase()) ?? unnamed(from, instruction);
  });
}

function copySource(evaluator: Evaluator, instruction: Instruction & { kind: 'copy' }): StageState {
  const { from } = instruction;
  if (expand(from, new Map(), { escape: evaluator.dockerfile.directives.escape }).text !== from) {
    throw new DockerfileError(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  if (!/^[-+]?\d+$/.test(from)) {
    return evaluator.byName.get(from.toLowerCase()) ?? unnamed(from, instruction);
  }
  const found = evaluator.states[Number(from)];
  if (!found) throw new DockerfileError(`invalid stage index ${Number(from)}`);
  return found;
}

/** An image that no FROM names. Its place is told only where a COPY names it. */
function unnamed(name: string, { kind, ranges, word, code }: Instruction): StageState {
  const from = { kind: 'from' as const, word, code, ranges: kind === 'copy' ? ranges : [], comments: [], base: name };
  const stage: Stage = { from, name: '', instructions: [] };
  return newState(stage, name, true);
}

/** All that a stage is made from: what it stands on and what it takes files of. */
export function needed(state: StageState, found = new Set<StageState>()): Set<StageState> {
  if (found.has(state)) return found;
  found.add(state);
  if (state.base) needed(state.base, found);
  for (const other of state.needs.keys()) needed(other, found);
  return found;
}

function refuseCircles(states: readonly StageState[]): void {
  const visited = new Set<StageState>();
  const path = new Set<StageState>();
  const visit = (state: StageState, through: readonly Instruction[]): readonly Instruction[] | undefined => {
    if (visited.has(state)) return undefined;
    visited.add(state);
    path.add(state);
    for (const [other, instruction] of state.needs) {
      const next = [...through, instruction];
      const circle = path.has(other) ? next : visit(other, next);
      if (circle) return circle;
    }
    path.delete(state);
    return undefined;
  };
  for (const state of states) {
    const circle = visit(state, []);
    if (!circle) continue;
    const places = circle.map(({ ranges }) => ranges);
    throw new DockerfileError(`circular dependency detected on stage: ${state.name}`, places);
  }
}
