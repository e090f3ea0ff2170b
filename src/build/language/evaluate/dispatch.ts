import type { Instruction } from '../contract.ts';
import { at } from '../error.ts';
import { dispatchCmd, dispatchEntrypoint, dispatchHealthcheck, dispatchShell } from './config/commands.ts';
import { dispatchExpose } from './config/expose.ts';
import {
  dispatchMaintainer,
  dispatchOnbuild,
  dispatchStopsignal,
  dispatchUser,
  dispatchVolume,
} from './config/others.ts';
import { dispatchArg, dispatchEnv, dispatchLabel } from './config/pairs.ts';
import { type Scope, scopeOf } from './scope.ts';
import type { BoundInstruction, Evaluator, StageState } from './state.ts';
import { dispatchCopy } from './steps/copy.ts';
import { dispatchRun } from './steps/run.ts';
import { dispatchWorkdir } from './steps/workdir.ts';

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
