import { parseMoment } from '../../../api/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { parseMilliseconds } from '../../clock.ts';
import type { Context } from '../../context.ts';
import type { Containers } from '../../contract.ts';
import { type ContainerRow, findRow, isRunning } from '../../row.ts';
import { hasLabel } from '../../view/filters.ts';
import { presentRows } from '../../view/list.ts';
import { remove } from './remove.ts';

/** See Containers.prune. What cannot be removed stays, and the others go. */
export async function prune(context: Context, filters: Record<string, string[]>): ReturnType<Containers['prune']> {
  const chosen = pruneTest(filters, Date.now());
  if (context.pruning) throw new EngineError('conflict', 'a prune operation is already running');
  context.pruning = true;
  try {
    const pruned = await removeAll(context, chosen);
    context.events.announce('prune', { reclaimed: String(pruned.SpaceReclaimed) });
    return pruned;
  } finally {
    context.pruning = false;
  }
}

async function removeAll(context: Context, chosen: (row: ContainerRow) => boolean): ReturnType<Containers['prune']> {
  const ContainersDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const { id } of presentRows(context).filter((row) => mayGo(row) && chosen(row))) {
    const row = findRow(context.store, id);
    // Somebody else removed it, or started it.
    if (!row || row.name === null || !mayGo(row)) continue;
    try {
      const size = await context.snapshots.size(id);
      await remove(context, id, { force: false, volumes: false, link: false });
      ContainersDeleted.push(id);
      SpaceReclaimed += size;
    } catch (error) {
      context.log.warn('failed to prune container', { id, error: messageOf(error) });
    }
  }
  return { ContainersDeleted, SpaceReclaimed };
}

const mayGo = (row: ContainerRow): boolean => !isRunning(row) && row.state !== 'starting';

function pruneTest(filters: Record<string, string[]>, now: number): (row: ContainerRow) => boolean {
  for (const name of Object.keys(filters)) {
    if (!['until', 'label', 'label!'].includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const { until = [], label = [], 'label!': not = [] } = filters;
  if (until.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const [moment] = until.map((text) => parseMoment(text, now));
  return (row) =>
    (moment === undefined || parseMilliseconds(row.created) <= moment) &&
    label.every((wanted) => hasLabel(row, wanted)) &&
    !(not.length > 0 && not.every((wanted) => hasLabel(row, wanted)));
}
