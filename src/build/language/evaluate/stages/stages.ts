import { type Platform, parsePlatform, parseReference } from '../../../../oci/index.ts';
import type { Checker } from '../../checks/checker.ts';
import { messages } from '../../checks/rules.ts';
import type { Dockerfile, Expansion, Stage } from '../../contract.ts';
import { DockerfileError, located } from '../../error.ts';
import { expand, tryExpand } from '../../expand/expand.ts';
import { suggestion, withSuggestion } from '../../text/suggest.ts';
import { addState, type Evaluator, newState, type StageState } from '../state.ts';
import { contextFor } from './bases.ts';
import { declareGlobals } from './globals.ts';

/** A state for each stage of the file, with FROM's variables put in. */
export function declareStages(evaluator: Evaluator): void {
  for (const [number, stage] of evaluator.dockerfile.stages.entries()) {
    addState(evaluator, declareStage(evaluator, stage, number));
  }
}

function declareStage(evaluator: Evaluator, stage: Stage, number: number): StageState {
  const { from } = stage;
  const checker = evaluator.checker.under(from.comments);
  const modes = { escape: evaluator.dockerfile.directives.escape };
  const base = tryExpand(from.base, evaluator.globals, modes);
  checkDeclared(evaluator, stage, base, checker);
  if (base.error) throw located(base.error, from.ranges);
  if (base.text === '') {
    throw new DockerfileError(`base name (${from.base}) should not be blank`, [from.ranges]);
  }
  const state = newState(stage, base.text, false);
  const platform = from.platform === undefined ? undefined : stagePlatform(evaluator, stage, checker);
  if (platform) state.platform = platform.platform;
  const context = contextFor(evaluator, stage.name, state.platform ?? evaluator.targetPlatform);
  if (context !== undefined) {
    state.context = context;
    return state;
  }
  if (stage.name === '') state.name = `stage-${number}`;
  for (const name of [...base.matched, ...(platform?.used ?? [])]) state.usedArgs.add(name);
  const onStage = evaluator.byName.has(state.baseName);
  const counted = stage.instructions.filter(({ kind }) => ['add', 'copy', 'run', 'workdir'].includes(kind));
  state.total = counted.length + (state.baseName === 'scratch' || onStage ? 0 : 1);
  return state;
}

function stagePlatform(
  evaluator: Evaluator,
  stage: Stage,
  checker: Checker,
): { platform: Platform; used: ReadonlySet<string> } {
  const { from } = stage;
  const written = from.platform ?? '';
  const found = tryExpand(written, evaluator.globals, { escape: evaluator.dockerfile.directives.escape });
  checkDeclared(evaluator, stage, found, checker);
  checkPlatform(evaluator, stage, found, checker);
  if (found.error) {
    const message = `failed to process arguments for platform : ${found.error.message}`;
    throw new DockerfileError(message, [from.ranges]);
  }
  const meant = (message: string) => {
    for (const name of found.unmatched) {
      const better = withSuggestion(message, name, evaluator.globals.keys());
      if (better !== message) return better;
    }
    return message;
  };
  if (found.text === '') {
    throw new DockerfileError(meant(`empty platform value from expression ${written}`), [from.ranges]);
  }
  try {
    return { platform: parsePlatform(found.text), used: found.matched };
  } catch (error) {
    const inner = located(error, from.ranges);
    if (!(inner instanceof DockerfileError)) throw error;
    const message = `failed to parse platform ${written}: ${meant(inner.message)}`;
    throw new DockerfileError(message, [from.ranges, from.ranges], error);
  }
}

function checkDeclared(evaluator: Evaluator, { from }: Stage, found: Expansion, checker: Checker): void {
  const known = new Set([...evaluator.globalArgs.keys(), ...evaluator.globals.keys()]);
  for (const name of found.unmatched) {
    if (known.has(name)) continue;
    checker.report('UndefinedArgInFrom', from.ranges, messages.undefinedArgInFrom(name, suggestion(name, known)));
  }
}

function checkPlatform(evaluator: Evaluator, { from, name }: Stage, found: Expansion, checker: Checker): void {
  const { matched, unmatched, text } = found;
  if (matched.size === 1 && unmatched.size === 0 && matched.has('TARGETPLATFORM')) {
    if (text === evaluator.globals.get('TARGETPLATFORM')) {
      checker.report('RedundantTargetPlatform', from.ranges, messages.redundantPlatform(from.platform ?? ''));
    }
  }
  if (matched.size + unmatched.size > 0) return;
  try {
    const { os, architecture } = parsePlatform(text);
    if (name.includes(os) || name.includes(architecture)) return;
  } catch {
    // What is no platform is refused right after.
    return;
  }
  checker.report('FromPlatformFlagConstDisallowed', from.ranges, messages.constantPlatform(text));
}

/** Whether FROM names an image even where no build argument is given. */
export function checkDefaultBases(
  dockerfile: Dockerfile,
  predefined: ReadonlyMap<string, string>,
  checker: Checker,
): void {
  try {
    const { globals } = declareGlobals(predefined, dockerfile, new Map());
    for (const { from } of dockerfile.stages) {
      const { text } = expand(from.base, globals, { escape: dockerfile.directives.escape });
      if (!isReference(text)) {
        checker.report('InvalidDefaultArgInFrom', from.ranges, messages.defaultArgInFrom(from.base));
      }
    }
  } catch (error) {
    // What cannot be expanded at all is told as an error where the real arguments are put in.
    if (!(error instanceof DockerfileError)) throw error;
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

/** The stage that is asked for. */
export function findTarget(evaluator: Evaluator): StageState {
  const { target = '' } = evaluator.options;
  const found = target === '' ? evaluator.states[evaluator.dockerfile.stages.length - 1] : named(evaluator, target);
  if (found) return found;
  const names = evaluator.states.map(({ name }) => name).filter((name) => name !== '');
  throw new DockerfileError(withSuggestion(`target stage "${target}" could not be found`, target, names));
}

function named(evaluator: Evaluator, name: string): StageState | undefined {
  return evaluator.byName.get(name.toLowerCase());
}
