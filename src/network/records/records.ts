import { crashpoint, EngineError, newId } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import { isPredefined, type NetworkRecord, networkRows, plainNetwork, predefinedDrivers } from './record.ts';

/** The networks there are, in the store and in memory. */
export interface Records {
  /** Reads them, and makes the predefined ones at an engine's first start. */
  load(): void;
  /** Oldest first. */
  all(): NetworkRecord[];
  /** By name, id or unique prefix; otherwise `notFound`: `network x not found`. */
  find(reference: string): NetworkRecord;
  put(record: NetworkRecord): void;
  delete(id: string): void;
}

export function createRecords(store: Store): Records {
  let records: NetworkRecord[] = [];

  const put = (record: NetworkRecord): void => {
    store.update((tx) => tx.collection(networkRows).put(record.id, record));
    crashpoint('network.record');
    records = [...records.filter(({ id }) => id !== record.id), record].toSorted(byAge);
  };

  return {
    load() {
      const rows = store.view((tx) => tx.collection(networkRows).all());
      records = rows.map(({ document }) => ({ ...plainNetwork, ...document })).toSorted(byAge);
      for (const [name, driver] of Object.entries(predefinedDrivers)) {
        if (records.some((record) => record.name === name)) continue;
        put({ ...plainNetwork, id: newId(), name, driver, created: new Date().toISOString() });
      }
    },
    all: () => records,
    find: (reference) => findIn(records, reference),
    put,
    delete(id) {
      store.update((tx) => tx.collection(networkRows).delete(id));
      crashpoint('network.deleted');
      records = records.filter((record) => record.id !== id);
    },
  };
}

function byAge(a: NetworkRecord, b: NetworkRecord): number {
  const first = Number(isPredefined(b.name)) - Number(isPredefined(a.name));
  return first || (a.created < b.created ? -1 : a.created > b.created ? 1 : 0);
}

function findIn(records: NetworkRecord[], reference: string): NetworkRecord {
  const exact = records.find(({ id }) => id === reference) ?? records.find(({ name }) => name === reference);
  if (exact) return exact;
  const matching = reference === '' ? [] : records.filter((record) => record.id.startsWith(reference));
  if (matching.length > 1) {
    throw new EngineError(
      'invalid',
      `network ${reference} is ambiguous (${matching.length} matches found on ID prefix)`,
    );
  }
  const [only] = matching;
  if (!only) throw new EngineError('notFound', `network ${reference} not found`);
  return only;
}
