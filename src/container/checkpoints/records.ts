import type { Collection, Store, Tx } from '../../store/index.ts';
import { changeIn } from '../row.ts';
import type { Sealed } from './seal.ts';

/** By container, which all of them go with: by its name, what a checkpoint is made of. */
const checkpointRows: Collection<{ checkpoints: Record<string, Sealed> }> = {
  name: 'container_checkpoints',
  indexes: {},
};

export function checkpointsOf(store: Store, container: string): Record<string, Sealed> {
  return store.view((tx) => tx.collection(checkpointRows).get(container)?.checkpoints ?? {});
}

/** Also notes in the container's row whether there are any. */
export function keepCheckpoints(tx: Tx, container: string, checkpoints: Record<string, Sealed>): void {
  const some = Object.keys(checkpoints).length > 0;
  changeIn(tx, container, { hasCheckpoints: some ? true : undefined });
  if (some) tx.collection(checkpointRows).put(container, { checkpoints });
  else forgetCheckpoints(tx, container);
}

export function forgetCheckpoints(tx: Tx, container: string): void {
  tx.collection(checkpointRows).delete(container);
}
