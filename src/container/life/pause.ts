import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Control } from '../../runtime/index.ts';
import type { Context, Run } from '../context.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, changeIn, getRow } from '../row.ts';

/** See Containers.pause. `briefly`: the engine does it for work of its own, and the next engine lets it go. */
export async function pause(context: Context, reference: string, options: { briefly?: true } = {}): Promise<void> {
  const { id } = resolve(context.store, reference);
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    const { run } = pausable(context, row);
    if (options.briefly) context.store.note((tx) => changeIn(tx, id, { briefly: true }));
    try {
      await controlOf(run).freeze();
    } catch (error) {
      throw new EngineError('internal', `cannot pause container ${id}: ${messageOf(error)}`, error);
    }
    crashpoint('container.frozen');
    context.events.publish(setPaused(context, id, true), 'pause');
  });
}

function pausable(context: Context, row: ContainerRow): { run: Run } {
  const run = context.runs.get(row.id);
  if (row.state === 'restarting') throw restarting(row);
  if (!run) throw new EngineError('conflict', `container ${row.id} is not running`);
  if (row.paused) throw new EngineError('conflict', `Container ${row.id} is already paused`);
  return { run };
}

/** See Containers.unpause. */
export async function unpause(context: Context, reference: string): Promise<void> {
  const { id } = resolve(context.store, reference);
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    const run = context.runs.get(id);
    if (!row.paused || !run) throw new EngineError('internal', `Container ${id} is not paused`);
    try {
      thaw(context, row, run);
    } catch (error) {
      throw new EngineError('internal', `cannot resume container ${id}: ${messageOf(error)}`, error);
    }
  });
}

/**
 * Lets a paused container run again so that a signal it was sent reaches it, as Docker does; nothing when it is not paused.
 * One that was killed goes without a word.
 */
export async function resumeAfterSignal(context: Context, id: string, run: Run, killed: boolean): Promise<void> {
  await context.locks.run(id, async () => {
    if (context.runs.get(id) !== run) return;
    const row = getRow(context.store, id);
    if (!row.paused) return;
    if (killed) controlOf(run).thaw();
    else thaw(context, row, run);
  });
}

function thaw(context: Context, row: ContainerRow, run: Run): void {
  controlOf(run).thaw();
  crashpoint('container.thawed');
  context.events.publish(setPaused(context, row.id, false), 'unpause');
}

/** The freezer would tell the next engine, too, so nobody waits for the disk. */
function setPaused(context: Context, id: string, paused: boolean): ContainerRow {
  const row = context.store.note((tx) => changeIn(tx, id, { paused, ...(!paused && { briefly: undefined }) }));
  crashpoint('container.paused');
  if (paused) context.health.halt(id);
  else context.health.resume(row);
  return row;
}

/** A process that the last engine stopped for work of its own, which nobody will finish, goes on. */
export function endBriefPause(context: Context, { id }: ContainerRow, run: Pick<Run, 'process'>): void {
  run.process.control?.thaw();
  context.store.note((tx) => changeIn(tx, id, { paused: false, briefly: undefined }));
}

/** What the kernel says of a process that is taken over: the engine may have ended between the freezer and the row. */
export function isFrozen(run: Pick<Run, 'process'>): boolean {
  return run.process.control?.frozen() ?? false;
}

export function controlOf({ process }: Pick<Run, 'process'>): Control {
  if (!process.control) throw new EngineError('internal', `the process ${process.id} has no cgroup of its own`);
  return process.control;
}

export function restarting({ id }: ContainerRow): EngineError {
  return new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
}
