import { ignoreMatcher } from '../../../api/ignore/index.ts';
import { messageOf } from '../../../kit/index.ts';
import { createChecker, refuseFindings } from '../checks/checker.ts';
import type { Dockerfile, EvaluateOptions, Evaluation, Warning } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { ensurePath } from './config/image.ts';
import { dispatch } from './dispatch.ts';
import { outlineOf } from './outline.ts';
import { resolveBases } from './stages/bases.ts';
import { evaluatedOf } from './stages/evaluated.ts';
import { declareGlobals, predefinedArgs } from './stages/globals.ts';
import { inherit } from './stages/inherit.ts';
import { bindInstructions, needed } from './stages/needs.ts';
import { checkDefaultBases, declareStages, findTarget } from './stages/stages.ts';
import { pullTriggers } from './stages/triggers.ts';
import { type Evaluator, type StageState, setEnv } from './state.ts';

/**
 * What a Dockerfile means with these arguments, and these images to stand on: the steps of every stage that the target needs, what its
 * image says, and findings. Throws a DockerfileError where it means nothing, in BuildKit's words.
 */
export async function evaluate(dockerfile: Dockerfile, options: EvaluateOptions): Promise<Evaluation> {
  const warnings: Warning[] = [...dockerfile.warnings];
  const checker = createChecker(dockerfile.checks, (warning) => {
    warnings.push(warning);
    options.onWarning?.(warning);
  });
  const targetPlatform = options.targetPlatform ?? options.buildPlatform;
  const predefined = predefinedArgs({
    build: options.buildPlatform,
    target: targetPlatform,
    overrides: options.buildArgs,
    stage: options.target || (dockerfile.stages.at(-1)?.name ?? ''),
  });
  checkDefaultBases(dockerfile, predefined, checker);
  const { globals, infos } = declareGlobals(predefined, dockerfile, options.buildArgs);
  const evaluator: Evaluator = {
    dockerfile,
    options,
    checker,
    targetPlatform,
    states: [],
    byName: new Map(),
    evaluated: new Map(),
    globals,
    globalArgs: infos,
    ignore: ignoreMatcher([]),
  };
  declareStages(evaluator);
  const target = findTarget(evaluator);
  bindInstructions(evaluator);
  const stages = await settle(evaluator, target);
  evaluator.ignore = matcherOf((await options.ignorePatterns?.()) ?? []);
  evaluateStages(evaluator, stages);
  const { config } = target.image;
  if (options.labels?.size) config.Labels = { ...config.Labels, ...Object.fromEntries(options.labels) };
  refuseFindings(dockerfile.checks, warnings);
  setPlatform(evaluator, target);
  return {
    stages: evaluator.states.filter((state) => state.isDone).map((state) => evaluatedOf(evaluator, state)),
    target: evaluatedOf(evaluator, target),
    ...epochOf(evaluator),
    warnings,
    outline: outlineOf(evaluator, target),
  };
}

/** Resolves bases and what they have put off, which may need further ones, until nothing new is needed. */
async function settle(evaluator: Evaluator, target: StageState): Promise<ReadonlySet<StageState>> {
  for (;;) {
    const all = needed(target);
    await resolveBases(evaluator, all);
    const inOrder = evaluator.states.filter((state) => all.has(state));
    const grown = inOrder.map((state) => pullTriggers(evaluator, state));
    if (!grown.includes(true)) return all;
  }
}

function matcherOf(patterns: readonly string[]): Evaluator['ignore'] {
  try {
    return ignoreMatcher(patterns);
  } catch (error) {
    throw new DockerfileError(messageOf(error), [], error);
  }
}

function evaluateStages(evaluator: Evaluator, stages: ReadonlySet<StageState>): void {
  for (const state of evaluator.states) {
    if (!evaluator.options.allStages && (!stages.has(state) || state.isDone)) continue;
    inherit(state);
    state.isDone = true;
    state.platform ??= evaluator.targetPlatform;
    const { image } = state;
    ensurePath(image);
    for (const setting of image.config.Env ?? []) {
      const [key = '', value = ''] = setting.split(/=(.*)/s);
      setEnv(state.env, key, value);
    }
    for (const bound of state.instructions) dispatch(evaluator, state, bound);
  }
}

/** An image for a platform that was asked for says so itself. */
function setPlatform({ options, targetPlatform }: Evaluator, { image }: StageState): void {
  if (!options.targetPlatform) return;
  const same = image.os === targetPlatform.os && image.architecture === targetPlatform.architecture;
  image.os = targetPlatform.os;
  image.architecture = targetPlatform.architecture;
  for (const key of ['variant', 'os.version'] as const) {
    const value = targetPlatform[key];
    if (value) image[key] = value;
    else if (!same) delete image[key];
  }
}

function epochOf({ options, globals }: Evaluator): { epoch?: number | string } {
  const text = options.buildArgs.get('SOURCE_DATE_EPOCH') ?? globals.get('SOURCE_DATE_EPOCH') ?? '';
  if (text === '') return {};
  return { epoch: /^[-+]?\d+$/.test(text) ? Number(text) : text };
}
