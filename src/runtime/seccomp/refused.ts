import { EngineError } from '../../kit/index.ts';

const prefix =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** A profile that cannot be used, in the words that runc has for it. */
export const refused = (why: string): EngineError => new EngineError('internal', `${prefix}${why}`);

/** The same where runc finds it only when it loads the filter. */
export const refusedAtLoading = (why: string): EngineError =>
  refused(`unable to start container process: error during container init: ${why}`);
