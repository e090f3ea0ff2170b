import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { type ContainerRow, findRow } from '../row.ts';
import { pause, unpause } from './pause.ts';

/**
 * Does `work` with the container paused, if that is wanted and it runs; one that was paused before stays so. An engine that is killed
 * meanwhile leaves a container that the next one lets go.
 */
export async function quietly<T>(
  context: Context,
  row: ContainerRow,
  wanted: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!wanted || !(await paused(context, row.id))) return work();
  try {
    return await work();
  } finally {
    // It may have been about to end, or been let go by somebody else.
    if (findRow(context.store, row.id)?.paused) await unpause(context, row.id);
  }
}

/** Whether this made it pause. */
async function paused(context: Context, id: string): Promise<boolean> {
  if (!context.runs.has(id) || findRow(context.store, id)?.paused) return false;
  try {
    await pause(context, id, { briefly: true });
    return true;
  } catch (error) {
    // It ends, or is paused already.
    if (error instanceof EngineError && error.kind === 'conflict') return false;
    throw error;
  }
}
