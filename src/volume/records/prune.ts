import { treeSize } from '../../host/index.ts';
import { EngineError, noTruth, truthOf } from '../../kit/index.ts';
import { hasLabel } from './filters.ts';
import { dataPath, type Place } from './life.ts';
import { type VolumeRow, volumeRows } from './row.ts';

type Filters = Record<string, string[]>;

const known = ['all', 'label', 'label!'];

/**
 * The volumes that nobody uses and the filters let go, with the bytes of their files; anonymous ones alone unless `all`. As in Docker
 * those with options stay: what they show lies elsewhere, and another may not be made of the name alone.
 */
export async function pruned(place: Place, filters: Filters): Promise<{ name: string; size: number }[]> {
  const wanted = pruneFilter(filters);
  const found = place.store.view((tx) =>
    tx
      .collection(volumeRows)
      .all()
      .filter(
        ({ id, document }) =>
          !document.removing &&
          document.driver === undefined &&
          Object.keys(document.options ?? {}).length === 0 &&
          tx.refs.ownersOf(`volume:${id}`).length === 0,
      )
      .filter(({ document }) => wanted(document)),
  );
  return Promise.all(
    found.map(async ({ id }) => ({ name: id, size: await treeSize(dataPath(place, id)).catch(() => 0) })),
  );
}

function pruneFilter(filters: Filters): (row: VolumeRow) => boolean {
  const unknown = Object.keys(filters).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new EngineError('invalid', `invalid filter '${unknown}'`);
  const all = wantsAll(filters.all ?? []);
  const without = filters['label!'] ?? [];
  return ({ anonymous, labels }) =>
    (all || anonymous) &&
    (filters.label ?? []).every((label) => hasLabel(labels ?? {}, label)) &&
    !(without.length > 0 && without.every((label) => hasLabel(labels ?? {}, label)));
}

function wantsAll(values: string[]): boolean {
  if (values.length > 1) throw new EngineError('invalid', "invalid filter 'all': only one value is expected");
  const [value = 'false'] = values;
  const all = truthOf(value);
  if (all === undefined) throw new EngineError('invalid', `invalid filter 'all': ${noTruth(value)}`);
  return all;
}
