import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { crashpoint, EngineError } from '../../kit/index.ts';
import type { Store, Tx } from '../../store/index.ts';
import { type Erase, isErased } from './erase.ts';
import { anonymousLabel, type VolumeRow, volumeRows } from './row.ts';

/** Where volumes live and are written down. */
export interface Place {
  root: string;
  store: Store;
  erase: Erase;
}

/** Where the files of a volume lie. */
export function dataPath({ root }: Pick<Place, 'root'>, name: string): string {
  return join(root, name, '_data');
}

/** The row of a volume that is there. */
export function findVolume({ store }: Place, name: string): VolumeRow | undefined {
  const row = store.view((tx) => tx.collection(volumeRows).get(name));
  return row?.removing ? undefined : row;
}

/** What is asked of a new volume. */
export type NewRow = Pick<VolumeRow, 'createdAt' | 'labels' | 'options' | 'anonymous' | 'driver'>;

/** The row of a new volume. */
export function newRow(given: NewRow): VolumeRow {
  const labels = given.anonymous ? { ...given.labels, [anonymousLabel]: '' } : given.labels;
  return { ...given, labels, removing: false };
}

/** Makes the directory, then the row: a kill in between leaves an empty directory, which is taken over or removed later. */
export async function makeVolume(place: Place, name: string, given: NewRow): Promise<VolumeRow> {
  const row = newRow(given);
  mkdirSync(join(place.root, name), { recursive: true, mode: 0o701 });
  mkdirSync(dataPath(place, name), { recursive: true, mode: 0o755 });
  crashpoint('volume.directory');
  place.store.admit((tx) => tx.collection(volumeRows).put(name, row), { wait: false });
  crashpoint('volume.created');
  await place.store.flush();
  return row;
}

/** From here on the volume is gone for everybody, also after a loss of power once this resolves. Refused while somebody refers to it. */
export async function condemnVolume({ store }: Place, name: string): Promise<void> {
  store.note((tx) => {
    refuseUsed(tx, name);
    const rows = tx.collection(volumeRows);
    const row = rows.get(name);
    if (row) rows.put(name, { ...row, removing: true });
  });
  crashpoint('volume.condemned');
  await store.flush();
}

/** Refused while somebody refers to it. */
export function refuseUsed(tx: Tx, name: string): void {
  const users = tx.refs.ownersOf(`volume:${name}`).map(({ owner }) => owner.slice(owner.indexOf(':') + 1));
  if (users.length === 0) return;
  throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
}

/** Takes the files of a condemned volume away, and then its row. */
export function eraseVolume({ store, erase }: Place, name: string): void {
  erase(name);
  crashpoint('volume.erased');
  // A journal that has just been told of thousands of removals would be waited for, only to say what the next start finds out by itself.
  store.note((tx) => tx.collection(volumeRows).delete(name));
}

/** Finishes removals and makings that a kill cut short. */
export function restoreVolumes(place: Place, unmount: (name: string) => void): void {
  const rows = place.store.view((tx) => tx.collection(volumeRows).all());
  for (const { id } of rows.filter(({ document }) => document.removing)) {
    unmount(id);
    eraseVolume(place, id);
  }
  place.erase.resume();
  const known = new Set(rows.map(({ id }) => id));
  for (const name of readdirSync(place.root)) {
    if (!known.has(name) && !isErased(name)) removeUnmade(join(place.root, name));
  }
}

/** Only if nothing is in it: anything else is somebody's, and stays. */
function removeUnmade(directory: string): void {
  for (const path of [join(directory, '_data'), directory]) {
    try {
      rmdirSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      if (code === 'ENOTEMPTY' || code === 'ENOTDIR') return;
      throw error;
    }
  }
}
