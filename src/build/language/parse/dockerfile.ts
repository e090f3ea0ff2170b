import { type Checker, createChecker } from '../checks/checker.ts';
import { checkCasing, checkStageNames } from '../checks/file.ts';
import { parseCheckOptions } from '../checks/options.ts';
import { messages } from '../checks/rules.ts';
import type {
  ArgInstruction,
  CheckOptions,
  Dockerfile,
  FromInstruction,
  Instruction,
  ParseOptions,
  Stage,
  Warning,
} from '../contract.ts';
import { DockerfileError, lines } from '../error.ts';
import { parseInstruction } from '../instructions/instruction.ts';
import { findDirectives } from './directives.ts';
import { readInstructions } from './lines.ts';
import type { RawInstruction } from './raw.ts';

/** A Dockerfile's nodes; a DockerfileError, in BuildKit's words and with its place, where it is wrong. */
export function parseDockerfile(bytes: Uint8Array | string, options: ParseOptions = {}): Dockerfile {
  const source = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (source === '') throw new DockerfileError('the Dockerfile cannot be empty');
  const found = findDirectives(source.replace(/^\ufeff/, ''));
  if (found.syntax !== undefined) refuseForeign(found.syntax);
  const checks = checkOptions(options.check ?? found.check ?? '');
  const warnings: Warning[] = [];
  const checker = createChecker(checks, (warning) => {
    warnings.push(warning);
    options.onWarning?.(warning);
  });
  const raw = readInstructions(source);
  for (const line of raw.emptyContinuations) {
    checker.report('NoEmptyContinuation', lines(line, line), messages.noEmptyContinuation());
  }
  const { metaArgs, stages } = arrange(raw.instructions, checker);
  if (stages.length === 0) throw new DockerfileError('dockerfile contains no stages to build');
  checkStageNames(stages, checker);
  checkCasing(stages, checker);
  return { source, directives: { ...found, escape: raw.escape }, checks, metaArgs, stages, warnings };
}

/** Any version of Docker's own frontend is this one; another one would be a program that reads the file its own way. */
function refuseForeign(syntax: string): void {
  const name = /([^/@:]*)(?::[^/@]*)?(?:@.*)?$/.exec(syntax)?.[1] ?? '';
  if (name === 'dockerfile' || name === 'dockerfile-upstream') return;
  throw new DockerfileError(`frontend ${syntax} is not supported: only docker/dockerfile is`);
}

function checkOptions(text: string): CheckOptions {
  try {
    return parseCheckOptions(text);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`failed to parse check options: ${error.message}`);
  }
}

/** Instructions in stages; ARGs before the first FROM apart. */
function arrange(all: readonly RawInstruction[], checker: Checker): Pick<Dockerfile, 'metaArgs' | 'stages'> {
  const metaArgs: ArgInstruction[] = [];
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const raw of all) {
    const instruction = parseLine(raw, checker);
    const stage = stages.at(-1);
    if (instruction.kind === 'from') {
      stages.push({ from: instruction, name: instruction.as?.toLowerCase() ?? '', instructions: [] });
    } else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') metaArgs.push(instruction);
    else throw new DockerfileError('no build stage in current context', [raw.ranges]);
  }
  return { metaArgs, stages };
}

function parseLine(raw: RawInstruction, checker: Checker): Instruction | FromInstruction {
  try {
    return parseInstruction(raw, checker);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    const line = raw.ranges[0]?.start.line;
    throw new DockerfileError(`dockerfile parse error on line ${line}: ${error.message}`, error.places, error.cause);
  }
}

/** The one instruction that an image put off with ONBUILD. */
export function parseTrigger(text: string, stage: FromInstruction, checker: Checker): Instruction {
  try {
    const { instructions } = readInstructions(text);
    const [only] = instructions;
    if (!only || instructions.length > 1) throw new DockerfileError('onbuild trigger should be a single expression');
    const first = stage.ranges[0]?.start.line ?? 0;
    const last = stage.ranges.at(-1)?.end.line ?? first;
    const instruction = parseInstruction({ ...only, ranges: lines(first, last) }, checker);
    if (instruction.kind === 'from') throw new DockerfileError('*instructions.Stage is not a command type');
    return instruction;
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(error.message, [stage.ranges], error.cause);
  }
}
