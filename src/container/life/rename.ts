import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { checkName, nameConflict } from '../make/names.ts';
import { type ContainerRow, changeIn, getRow, rowsOf } from '../row.ts';

/** See Containers.rename. */
export async function rename(context: Context, reference: string, wanted: string): Promise<void> {
  if (reference === '' || wanted === '') {
    throw new EngineError('invalid', 'Neither old nor new names may be empty');
  }
  const { id } = resolve(context.store, reference);
  await context.locks.run(id, async () => {
    const before = getRow(context.store, id);
    const name = wanted.replace(/^\//, '');
    if (name === before.name) {
      throw new EngineError('invalid', 'Renaming a container with the same name as its current name');
    }
    const network = context.networks.rename(id, name);
    const row = context.store.update((tx) => {
      network.record(tx);
      return take(tx, before, name);
    });
    crashpoint('container.renamed');
    network.apply();
    context.events.publish(row, 'rename', { oldName: `/${before.name}` });
  });
}

function take(tx: Tx, row: ContainerRow, name: string): ContainerRow {
  try {
    checkName(`/${name}`);
    const [holder] = rowsOf(tx).by('name', name);
    if (holder) throw nameConflict(name, holder.id);
  } catch (error) {
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `Error when allocating new name: ${messageOf(error)}`, error);
  }
  return changeIn(tx, row.id, { name, networks: renamed(row, name) });
}

/** The names by which its networks know it. */
function renamed(row: ContainerRow, name: string): ContainerRow['networks'] {
  const entries = Object.entries(row.networks).map(([network, endpoint]) => {
    const names = endpoint.DNSNames?.map((known) => (known === row.name ? name : known));
    return [network, names ? { ...endpoint, DNSNames: names } : endpoint];
  });
  return Object.fromEntries(entries);
}
