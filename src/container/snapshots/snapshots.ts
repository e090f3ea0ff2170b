import { crashpoint, EngineError } from '../../kit/index.ts';
import { formatTime } from '../clock.ts';
import type { Context } from '../context.ts';
import { quietly } from '../life/quietly.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, getRow, isRestarting } from '../row.ts';
import type { ContainerSnapshot, ContainerSnapshots } from './contract.ts';
import { keepSnapshots, snapshotsOf } from './records.ts';

/** The tree comes first and its entry then, and goes the other way round: what has no entry is swept away by the next engine. */
export function createSnapshots(context: Context): ContainerSnapshots {
  return {
    createSnapshot: async (reference, options) => {
      const row = resolve(context.store, reference);
      const taken = await quietly(context, row, options.pause, () => take(context, row.id, options));
      context.events.publish(row, 'snapshot', { snapshot: taken.Name });
      return taken;
    },
    listSnapshots: (reference) => snapshotsOf(context.store, resolve(context.store, reference).id),
    removeSnapshot: (reference, name) => remove(context, reference, name),
    rollBack: (reference, name) => rollBack(context, reference, name),
  };
}

function take(context: Context, id: string, asked: { name: string; comment: string }): Promise<ContainerSnapshot> {
  return context.locks.run(id, async () => {
    const { name: container } = getRow(context.store, id);
    const present = snapshotsOf(context.store, id);
    const Name = asked.name === '' ? freeName(present) : checked(asked.name);
    if (present.some((one) => one.Name === Name)) {
      throw new EngineError('conflict', `container ${container} has a snapshot ${Name} already`);
    }
    // Of a tree that a kill left without its entry.
    context.snapshots.frozen.drop(id, Name);
    const Created = formatTime(context.clock());
    const Size = await context.snapshots.frozen.freeze(id, Name);
    const taken = { Name, Created, Size, Comment: asked.comment };
    try {
      context.store.admit((tx) => keepSnapshots(tx, id, [...present, taken]));
    } catch (error) {
      context.snapshots.frozen.drop(id, Name);
      throw error;
    }
    crashpoint('container.snapshotTaken');
    return taken;
  });
}

function checked(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return name;
  const allowed = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
  throw new EngineError('invalid', `Invalid snapshot name (${name}), only ${allowed} are allowed, at most 128`);
}

function freeName(present: ContainerSnapshot[]): string {
  for (let number = present.length + 1; ; number++) {
    const name = `snap-${number}`;
    if (!present.some(({ Name }) => Name === name)) return name;
  }
}

async function remove(context: Context, reference: string, name: string): Promise<void> {
  const { id } = resolve(context.store, reference);
  const row = await context.locks.run(id, async () => {
    const present = getRow(context.store, id);
    find(context, present, name);
    const left = snapshotsOf(context.store, id).filter(({ Name }) => Name !== name);
    context.store.update((tx) => keepSnapshots(tx, id, left));
    crashpoint('container.snapshotForgotten');
    context.snapshots.frozen.drop(id, name);
    return present;
  });
  context.events.publish(row, 'snapshot_remove', { snapshot: name });
}

async function rollBack(context: Context, reference: string, name: string): Promise<void> {
  const { id } = resolve(context.store, reference);
  const row = await context.locks.run(id, async () => {
    const present = getRow(context.store, id);
    find(context, present, name);
    if (context.runs.has(id) || isRestarting(present)) {
      const state = isRestarting(present) ? 'restarting' : 'running';
      throw new EngineError('conflict', `container ${present.name} is ${state}: stop it before it is rolled back`);
    }
    await context.snapshots.frozen.rollBack(id, name);
    return present;
  });
  context.events.publish(row, 'rollback', { snapshot: name });
}

function find({ store }: Context, { id, name: container }: ContainerRow, name: string): void {
  if (snapshotsOf(store, id).some(({ Name }) => Name === name)) return;
  throw new EngineError('notFound', `No such snapshot of container ${container}: ${name}`);
}
