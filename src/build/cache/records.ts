import type { BuildCache } from '../../api/index.ts';
import type { Collection, Tx } from '../../store/index.ts';

/** One layer of a stack: unpacked under its name (a diffID, or what `snapshots.keep` calls it), and as bytes where somebody packed it. */
export interface CachedLayer {
  layer: string;
  /** The digest of its bytes; of what was built here it is the diffID. */
  blob?: string;
  size: number;
}

/** What was made once: by a step, or taken from an image; or files that builds change. */
export interface CacheRecord {
  type: NonNullable<BuildCache['Type']>;
  /** What made it, for people. */
  description: string;
  /** The record it stands on. */
  parent?: string;
  /** What it adds to that, lowest first. */
  layers: CachedLayer[];
  size: number;
  createdAt: string;
  usedAt: string;
  uses: number;
  /** In which life of the machine its files were written; absent once they cannot be lost with the power. */
  boot?: string;
  /** Of a cache mount or of a copy of a client's directory: its directory below the cache's. */
  directory?: string;
  /** What went into its key, by name: to say later why it was not found again. */
  parts?: Record<string, string>;
}

const records: Collection<CacheRecord> = {
  name: 'build_records',
  indexes: { parent: { of: (record) => record.parent ?? null, unique: false } },
};

/** Keys by which records are found. */
const keys: Collection<{ record: string }> = {
  name: 'build_keys',
  indexes: { record: { of: (key) => key.record, unique: false } },
};

/** By what a step does, whatever goes into it: which record its last run left. */
const lasts: Collection<{ parts: Record<string, string> }> = { name: 'build_lasts', indexes: {} };

export const recordsIn = (tx: Tx) => tx.collection(records);
export const keysIn = (tx: Tx) => tx.collection(keys);
export const lastsIn = (tx: Tx) => tx.collection(lasts);

/** Writes a record down with all it needs. */
export function putRecord(tx: Tx, id: string, record: CacheRecord): void {
  recordsIn(tx).put(id, record);
  const owner = `build:${id}`;
  tx.refs.removeOwner(owner);
  if (record.parent !== undefined) tx.refs.add(owner, `build:${record.parent}`);
  for (const { layer, blob } of record.layers) {
    tx.refs.add(owner, `layer:${layer}`);
    if (blob !== undefined) tx.refs.add(owner, `blob:${blob}`);
  }
}

/** Deletes a record; what it needed. */
export function deleteRecord(tx: Tx, id: string): string[] {
  const owner = `build:${id}`;
  const targets = tx.refs.targetsOf(owner).map(({ target }) => target);
  tx.refs.removeOwner(owner);
  for (const key of keysIn(tx).idsBy('record', id)) keysIn(tx).delete(key);
  recordsIn(tx).delete(id);
  return targets.filter((target) => !target.startsWith('build:'));
}
