import { SystemError } from '../host/index.ts';
import { asEngineError, EngineError, explainSystemError } from '../kit/index.ts';
import { DockerfileError, type Range, type ShownFile, showPlaces, showSource } from './language/index.ts';

/** What made a build fail, with the place in the Dockerfile as BuildKit's clients show it. */
export class BuildFailure extends EngineError {
  /** The lines around it; empty where no line is to blame. */
  readonly shown: string;
  readonly ranges: readonly Range[];

  constructor(cause: EngineError, shown: string, ranges: readonly Range[] = []) {
    super(cause.kind, cause.message, cause);
    this.name = 'BuildFailure';
    this.shown = shown;
    this.ranges = ranges;
  }
}

/** A step's failure, with where the step is written. */
export class StepFailure extends EngineError {
  readonly ranges: readonly Range[];

  constructor(cause: EngineError, ranges: readonly Range[]) {
    super(cause.kind, cause.message, cause);
    this.name = 'StepFailure';
    this.ranges = ranges;
  }
}

export function asStepFailure(error: unknown, ranges: readonly Range[]): unknown {
  if (error instanceof StepFailure || error instanceof DOMException) return error;
  return new StepFailure(asEngineError(inWords(error)), ranges);
}

/** What the system refused, without the names of numbers. */
function inWords(error: unknown): unknown {
  if (!(error instanceof SystemError)) return explainSystemError(error, (error as { path?: string }).path);
  return new EngineError('internal', error.message.slice(0, -` (${error.code})`.length), error);
}

export function asBuildFailure(error: unknown, file: ShownFile): BuildFailure {
  const cause = asEngineError(error);
  if (cause instanceof StepFailure) return new BuildFailure(cause, showSource(file, cause.ranges), cause.ranges);
  if (cause instanceof DockerfileError) return new BuildFailure(cause, showPlaces(file, cause), cause.places[0]);
  return new BuildFailure(cause, '');
}
