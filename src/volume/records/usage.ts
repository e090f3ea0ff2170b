import type { Volume } from '../../api/index.ts';
import { answers, treeSize } from '../../host/index.ts';
import { dataPath, type Place } from './life.ts';
import { describe, volumeRows } from './row.ts';

/** See Volumes.usage. */
export function usage(place: Place): Promise<Volume[]> {
  const found = place.store.view((tx) =>
    tx
      .collection(volumeRows)
      .all()
      .filter(({ document }) => !document.removing && document.driver === undefined)
      .map(({ id, document }) => ({ id, document, RefCount: tx.refs.ownersOf(`volume:${id}`).length })),
  );
  return Promise.all(
    found.map(async ({ id, document, RefCount }) => {
      const path = dataPath(place, id);
      return { ...describe(id, document, path), UsageData: { RefCount, Size: await sizeOf(path) } };
    }),
  );
}

/** -1, as Docker says of what cannot be measured, for a volume that goes away meanwhile or whose files do not answer. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await answers(path)) ? await treeSize(path) : -1;
  } catch {
    return -1;
  }
}
