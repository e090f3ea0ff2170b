import { EngineError, messageOf } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import { resolve } from '../../lookup.ts';
import { getRow } from '../../row.ts';
import { stopRunning } from '../end/stop.ts';
import { start } from '../start/start.ts';

/** See Containers.restart; one that does not run is started. */
export async function restart(
  context: Context,
  reference: string,
  options: { signal?: string; timeout?: number },
): Promise<void> {
  const { id } = resolve(context.store, reference);
  try {
    await stopRunning(context, id, { ...options, again: true });
    await start(context, id, 'user');
  } catch (error) {
    // Somebody else may have started it meanwhile.
    if (!(error instanceof EngineError && error.kind === 'notModified')) {
      throw new EngineError('internal', `Cannot restart container ${reference}: ${messageOf(error)}`, error);
    }
  }
  context.events.publish(getRow(context.store, id), 'restart');
}
