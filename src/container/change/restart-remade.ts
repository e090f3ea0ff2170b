import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { forgetRestart } from '../life/again/restarts.ts';
import { stopRunning } from '../life/end/stop.ts';
import { start } from '../life/start/start.ts';
import { changeRow, findRow, getRow } from '../row.ts';

/**
 * Ends the process of a container that was changed and is to be started again as it is then. Its row says so: an engine that is
 * killed meanwhile leaves that to the next one.
 */
export async function restartRemade(context: Context, id: string): Promise<void> {
  try {
    await stopRunning(context, id, { for: 'policy', again: true });
  } catch (error) {
    callOff(context, id);
    throw new EngineError('internal', `cannot stop container: ${id}: ${messageOf(error)}`, error);
  }
  crashpoint('container.remadeStopped');
  forgetRestart(context, id);
  try {
    // One that was stopped by a user meanwhile was asked to start all the same.
    await start(context, id, getRow(context.store, id).state === 'restarting' ? 'policy' : 'user');
  } catch (error) {
    // Somebody else has started it.
    if (!(error instanceof EngineError && error.kind === 'notModified')) throw error;
  }
  context.events.publish(getRow(context.store, id), 'restart');
}

/** The process lives on, and the change waits for its end. */
function callOff(context: Context, id: string): void {
  const { next } = findRow(context.store, id) ?? {};
  if (!next?.restart) return;
  const { restart: _, ...waiting } = next;
  changeRow(context.store, id, { next: waiting });
}
