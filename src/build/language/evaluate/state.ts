import type { IgnoreMatcher } from '../../../api/ignore/index.ts';
import type { ImageConfig, ImageHistory, ImageRunConfig, Platform } from '../../../oci/index.ts';
import type { Checker } from '../checks/checker.ts';
import type {
  BaseRequest,
  Dockerfile,
  EvaluatedStage,
  EvaluateOptions,
  Instruction,
  Range,
  ResolvedBase,
  Stage,
  Step,
} from '../contract.ts';

/** Everything that the evaluation of one Dockerfile shares. */
export interface Evaluator {
  readonly dockerfile: Dockerfile;
  readonly options: EvaluateOptions;
  readonly checker: Checker;
  readonly targetPlatform: Platform;
  /** The file's, then sources that only a `--from` names. */
  readonly states: StageState[];
  readonly byName: Map<string, StageState>;
  globals: Map<string, string>;
  readonly globalArgs: ReadonlyMap<string, ArgInfo>;
  /** What the main context leaves out. */
  ignore: IgnoreMatcher;
  /** Stages that have been handed out. */
  readonly evaluated: Map<StageState, EvaluatedStage>;
}

/** An instruction of a stage with the stages that its `--from`s mean. */
export interface BoundInstruction {
  readonly instruction: Instruction;
  readonly sources: readonly StageState[];
  readonly onbuild: boolean;
}

/** The image as far as the instructions have come. */
export type Image = Omit<ImageConfig, 'rootfs' | 'config' | 'history'> & {
  config: ImageRunConfig;
  history: ImageHistory[];
};

export interface ArgInfo {
  readonly key: string;
  readonly value: string;
  readonly description: string;
  readonly ranges: readonly Range[];
  /** The ARGs its value was made of. */
  readonly needs: ReadonlySet<string>;
}

export interface StageState {
  readonly stage: Stage;
  /** FROM's image, with its variables put in. */
  baseName: string;
  readonly ranges: readonly Range[];
  platform?: Platform;
  base?: StageState;
  /** The named context that takes its place. */
  context?: string;
  readonly unregistered: boolean;
  readonly needs: Map<StageState, Instruction>;
  instructions: BoundInstruction[];
  name: string;
  total: number;
  index: number;
  request?: BaseRequest;
  resolved?: ResolvedBase;
  isResolved: boolean;
  hasTriggers: boolean;
  isDone: boolean;
  label: string;
  image: Image;
  /** What variables are put in from, and what RUN sees. */
  env: Map<string, string>;
  buildArgs: { key: string; value?: string }[];
  readonly steps: Step[];
  workdirSet: boolean;
  readonly last: Partial<Record<'cmd' | 'entrypoint' | 'healthcheck', readonly Range[]>>;
  readonly usedArgs: Set<string>;
  readonly args: Map<string, ArgInfo>;
  readonly secrets: Map<string, { required: boolean; ranges: readonly Range[] }>;
  readonly ssh: Map<string, { required: boolean; ranges: readonly Range[] }>;
}

/** A stage of which nothing is known but where it is written. */
export function newState(stage: Stage, baseName: string, unregistered: boolean): StageState {
  return {
    stage,
    baseName,
    ranges: stage.from.ranges,
    unregistered,
    needs: new Map(),
    instructions: [],
    name: stage.name,
    total: 0,
    index: 0,
    isResolved: false,
    hasTriggers: false,
    isDone: false,
    label: '',
    image: { architecture: '', os: '', config: {}, history: [] },
    env: new Map(),
    buildArgs: [],
    steps: [],
    workdirSet: false,
    last: {},
    usedArgs: new Set(),
    args: new Map(),
    secrets: new Map(),
    ssh: new Map(),
  };
}

export function addState(evaluator: Evaluator, state: StageState): void {
  evaluator.states.push(state);
  const base = evaluator.byName.get(state.baseName);
  if (base && state.context === undefined) state.base = base;
  if (state.stage.name !== '') evaluator.byName.set(state.stage.name, state);
}

/** Sets a variable; like in BuildKit it is then the last. */
export function setEnv(env: Map<string, string>, key: string, value: string): void {
  env.delete(key);
  env.set(key, value);
}
