import { onUnhealthy } from '../../../api/index.ts';
import type { Context } from '../../context.ts';
import { findRow } from '../../row.ts';
import { stopRunning } from '../end/stop.ts';
import { restartsAfterExit } from './restart-policy.ts';

/** Whether a container that is unhealthy is to be ended: its restart policy says so, and would still bring it back. */
export function endsUnhealthy(context: Context, id: string): boolean {
  const row = findRow(context.store, id);
  const run = context.runs.get(id);
  if (!row || !run || run.stopping || row.paused) return false;
  return (row.hostConfig.RestartPolicy?.Name as string) === onUnhealthy && restartsAfterExit(row, 1);
}

/** Ends it as a user's stop would, in its own time; the start that follows is its restart policy's. */
export async function endUnhealthy(context: Context, id: string): Promise<void> {
  context.log.info('a container is unhealthy and will be restarted', { id });
  await stopRunning(context, id, { for: 'policy' });
}
