import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, leftOverAfter } from '../../kit/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { usedBy } from '../make/used-by.ts';
import { type ContainerRow, findRow, rowsOf } from '../row.ts';
import { keepSnapshots, snapshotsOf } from '../snapshots/records.ts';

/** Containers with what they stand on, and what lies there that belongs to none. What a container wrote is never touched. */
export async function* checkContainers(context: Context): AsyncGenerator<Damage> {
  for (const { document: row } of context.store.view((tx) => rowsOf(tx).all())) {
    // What is being cleared away may lack anything.
    if (row.state === 'removing') continue;
    yield* context.snapshots.checkContainer(row.id, row.layers);
    yield* checkReferences(context, row);
    yield* checkUsed(context, row);
    yield* checkSnapshots(context, row);
  }
  yield* context.snapshots.checkOrphans((id) => findRow(context.store, id) !== undefined);
  yield* checkOwners(context);
  yield* checkDirectories(context);
}

function* checkReferences({ store }: Context, row: ContainerRow): Generator<Damage> {
  const owner = `container:${row.id}`;
  const present = store.view((tx) => tx.refs.targetsOf(owner).map(({ target }) => target));
  const missing = usedBy(row).filter((target) => !present.includes(target));
  if (missing.length === 0) return;
  const note = row.state === 'running' ? 'running' : '';
  const write = (tx: Tx) => {
    for (const target of missing) tx.refs.add(owner, target, target === `image:${row.imageId}` ? note : '');
  };
  const repair = () => {
    store.update(write);
    return 'written down again';
  };
  yield { subject: `container ${row.id}`, problem: `does not hold ${missing.join(', ')}`, repair };
}

/** What is gone of what it uses; nobody can make that up. */
function* checkUsed(context: Context, row: ContainerRow): Generator<Damage> {
  const subject = `container ${row.id}`;
  for (const { type, name } of row.mounts) {
    if (type === 'volume' && !context.volumes.knows(name)) yield { subject, problem: `its volume ${name} is gone` };
  }
  const { layers } = row;
  const lost = layers.find((diffId, index) => !context.snapshots.hasLayer(diffId, layers.slice(0, index)));
  if (lost !== undefined) yield { subject, problem: `the layer ${lost} of its image is gone` };
}

function* checkSnapshots({ store, snapshots }: Context, { id }: ContainerRow): Generator<Damage> {
  const there = snapshots.frozen.names(id);
  const present = snapshotsOf(store, id);
  for (const { Name } of present) {
    if (there.includes(Name)) continue;
    const repair = () => {
      const left = snapshotsOf(store, id).filter((other) => other.Name !== Name);
      store.update((tx) => keepSnapshots(tx, id, left));
      return 'given up';
    };
    yield { subject: `container ${id}`, problem: `the files of its snapshot ${Name} are gone`, repair };
  }
}

function* checkOwners({ store }: Context): Generator<Damage> {
  const gone = store.view((tx) =>
    tx.refs.owners('container').filter((owner) => !rowsOf(tx).get(owner.slice('container:'.length))),
  );
  for (const owner of gone) {
    const repair = () => {
      store.update((tx) => tx.refs.removeOwner(owner));
      return 'let go';
    };
    yield { subject: owner.replace(':', ' '), problem: 'is gone and still holds what it used', repair };
  }
}

function* checkDirectories({ store, dataRoot }: Context): Generator<Damage> {
  const directory = join(dataRoot, 'containers');
  for (const id of namesIn(directory)) {
    const path = join(directory, id);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (findRow(store, id) !== undefined || age < leftOverAfter) continue;
    const repair = () => {
      rmSync(path, { recursive: true, force: true });
      return 'removed';
    };
    yield { subject: path, problem: 'belongs to no container', repair };
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
