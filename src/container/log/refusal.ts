import { EngineError } from '../../kit/index.ts';

/** A start that the log refuses. */
export function logRefusal(why: string): EngineError {
  return new EngineError(
    'internal',
    `failed to create task for container: failed to initialize logging driver: ${why}`,
  );
}
