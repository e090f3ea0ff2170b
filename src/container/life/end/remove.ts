import { EngineError, messageOf } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import { removeLink } from '../../links/links.ts';
import { resolve } from '../../lookup.ts';
import { type ContainerRow, getRow, isRunning } from '../../row.ts';
import { forgetRestart } from '../again/restarts.ts';
import { clearAway, tombstone } from './clear.ts';
import { endByForce } from './stop.ts';

/** See Containers.remove. */
export async function remove(
  context: Context,
  reference: string,
  options: { force: boolean; volumes: boolean; link: boolean },
): Promise<void> {
  if (options.link) return removeLink(context, reference);
  const row = resolve(context.store, reference);
  if (context.removing.has(row.id)) {
    throw new EngineError('conflict', `removal of container ${reference} is already in progress`);
  }
  context.removing.add(row.id);
  try {
    if (options.force) await endOrSay(context, row);
    await context.locks.run(row.id, () => removeStopped(context, row.id, options));
  } finally {
    context.removing.delete(row.id);
  }
}

async function endOrSay(context: Context, { id, name }: ContainerRow): Promise<void> {
  try {
    await endByForce(context, id);
  } catch (error) {
    throw new EngineError('internal', `cannot remove container "${name}": could not kill: ${messageOf(error)}`, error);
  }
}

function refuseRunning(row: ContainerRow): void {
  if (!isRunning(row)) return;
  const state = row.paused
    ? 'container is paused and must be unpaused first'
    : `container is ${row.state}: stop the container before removing or force remove`;
  throw new EngineError('conflict', `cannot remove container "${row.name}": ${state}`);
}

async function removeStopped(
  context: Context,
  id: string,
  { force, volumes }: { force: boolean; volumes: boolean },
): Promise<void> {
  const row = findPresent(context, id);
  // It removed itself at its end.
  if (!row) return;
  if (!force || context.runs.has(id)) refuseRunning(row);
  forgetRestart(context, id);
  const stone = tombstone(context, row, { volumes });
  await context.store.flush();
  context.lobby.dismiss(id);
  context.events.publish(row, 'destroy');
  context.waiters.removed(id, { StatusCode: row.exitCode });
  await clearAway(context, stone);
}

function findPresent(context: Context, id: string) {
  try {
    return getRow(context.store, id);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'notFound') return undefined;
    throw error;
  }
}
