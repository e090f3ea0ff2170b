import { EngineError } from '../../kit/index.ts';

const prefix =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** A refusal that Docker leaves to its runtime, in the words that users know it by. */
export const refusedByRuntime = (why: string): EngineError => new EngineError('internal', `${prefix}${why}`);
