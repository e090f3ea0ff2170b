import type { Collection, Store, Tx } from '../../store/index.ts';
import { changeIn } from '../row.ts';
import type { ContainerSnapshot } from './contract.ts';

/** By container, which all of them go with; a tree without an entry here is none. */
const snapshotRows: Collection<{ snapshots: ContainerSnapshot[] }> = { name: 'container_snapshots', indexes: {} };

/** The oldest first. */
export function snapshotsOf(store: Store, container: string): ContainerSnapshot[] {
  return store.view((tx) => tx.collection(snapshotRows).get(container)?.snapshots ?? []);
}

/** Also notes in the container's row whether there are any. */
export function keepSnapshots(tx: Tx, container: string, snapshots: ContainerSnapshot[]): void {
  changeIn(tx, container, { hasSnapshots: snapshots.length > 0 ? true : undefined });
  if (snapshots.length === 0) forgetSnapshots(tx, container);
  else tx.collection(snapshotRows).put(container, { snapshots });
}

export function forgetSnapshots(tx: Tx, container: string): void {
  tx.collection(snapshotRows).delete(container);
}
