import type { Instruction } from '../contract.ts';
import { at } from '../error.ts';
import { dispatchCmd, dispatchEntrypoint, dispatchHealthcheck, dispatchShell } from './commands.ts';
import { dispatchCopy } from './copy.ts';
import { dispatchExpose } from './expose.ts';
import { dispatchMaintainer, dispatchOnbuild, dispatchStopsignal, dispatchUser, dispatchVolume } from './others.ts';
import { dispatchArg, dispatchEnv, dispatchLabel } from './pairs.ts';
import { dispatchRun } from './run.ts';
import { type Scope, scopeOf } from './scope.ts';
import type { BoundInstruction, Evaluator, StageState } from './state.ts';
import { dispatchWorkdir } from './workdir.ts';

type Dispatchers = {
  readonly [Kind in Instruction['kind']]: (instruction: Extract<Instruction, { kind: Kind }>, scope: Scope) => void;
};

const dispatchers: Dispatchers = {
  arg: dispatchArg,
  env: dispatchEnv,
  label: dispatchLabel,
  run: dispatchRun,
  copy: dispatchCopy,
  add: dispatchCopy,
  workdir: dispatchWorkdir,
  cmd: dispatchCmd,
  entrypoint: dispatchEntrypoint,
  healthcheck: dispatchHealthcheck,
  shell: dispatchShell,
  expose: dispatchExpose,
  user: dispatchUser,
  volume: dispatchVolume,
  stopsignal: dispatchStopsignal,
  onbuild: dispatchOnbuild,
  maintainer: dispatchMaintainer,
};

/** Does to a stage what one of its instructions says. */
export function dispatch(evaluator: Evaluator, state: StageState, bound: BoundInstruction): void {
  const { instruction } = bound;
  const apply = dispatchers[instruction.kind] as (instruction: Instruction, scope: Scope) => void;
  at(instruction.ranges, () => apply(instruction, scopeOf(evaluator, state, bound)));
}
