import { EngineError } from '../../kit/index.ts';
import type { Range } from './contract.ts';

/** A mistake in a Dockerfile, in BuildKit's words. `places` are the parts of the file it concerns, the innermost first. */
export class DockerfileError extends EngineError {
  readonly places: readonly (readonly Range[])[];

  constructor(message: string, places: readonly (readonly Range[])[] = [], cause?: unknown) {
    super('invalid', message, cause);
    this.name = 'DockerfileError';
    this.places = places;
  }
}

/** Does something of which a mistake is one at that place of the file. */
export function at<T>(place: readonly Range[], action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw located(error, place);
  }
}

/** The error with one more place; errors that are not about what is asked for keep their kind. */
export function located(error: unknown, place: readonly Range[]): unknown {
  if (error instanceof DockerfileError)
    return new DockerfileError(error.message, [...error.places, place], error.cause);
  if (error instanceof EngineError && error.kind === 'invalid')
    return new DockerfileError(error.message, [place], error);
  return error;
}

/** One range for each line from the first to the last. */
export function lines(first: number, last: number): Range[] {
  return Array.from({ length: Math.max(last - first, 0) + 1 }, (_, index) => {
    const position = { line: first + index, character: 0 };
    return { start: position, end: position };
  });
}
