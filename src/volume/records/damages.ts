import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, leftOverAfter } from '../../kit/index.ts';
import { isErased } from './erase.ts';
import { dataPath, type Place } from './life.ts';
import { anonymousLabel, volumeRows } from './row.ts';

/** Volumes with their directories. Files that no volume has are somebody's: they become a volume again. */
export function* volumeDamages(place: Place): Generator<Damage> {
  const rows = place.store.view((tx) => tx.collection(volumeRows).all());
  for (const { id, document } of rows) {
    if (document.removing || document.driver !== undefined || existsSync(dataPath(place, id))) continue;
    const repair = () => {
      mkdirSync(join(place.root, id), { recursive: true, mode: 0o701 });
      mkdirSync(dataPath(place, id), { mode: 0o755 });
      return 'an empty directory was made: what it held is lost';
    };
    yield { subject: `volume ${id}`, problem: 'its directory is gone', repair };
  }
  const known = new Set(rows.map(({ id }) => id));
  for (const name of readdirSync(place.root)) {
    if (!known.has(name) && !isErased(name)) yield* checkUnknown(place, name);
  }
}

function* checkUnknown(place: Place, name: string): Generator<Damage> {
  const data = dataPath(place, name);
  if (!existsSync(data)) {
    yield { subject: join(place.root, name), problem: 'is no volume, and is left as it is' };
    return;
  }
  const { mtimeMs, mtime } = statSync(data);
  const isEmpty = readdirSync(data).length === 0;
  // What is empty may be just about to become a volume.
  if (isEmpty && Date.now() - mtimeMs < leftOverAfter) return;
  if (isEmpty) {
    const repair = () => {
      rmSync(join(place.root, name), { recursive: true });
      return 'removed';
    };
    yield { subject: join(place.root, name), problem: 'is empty and belongs to no volume', repair };
    return;
  }
  const anonymous = /^[0-9a-f]{64}$/.test(name);
  const createdAt = `${mtime.toISOString().slice(0, 19)}Z`;
  const labels = anonymous ? { [anonymousLabel]: '' } : null;
  const repair = () => {
    const row = { createdAt, labels, options: null, anonymous, removing: false };
    place.store.admit((tx) => tx.collection(volumeRows).put(name, row));
    return 'it is a volume again';
  };
  yield { subject: `volume ${name}`, problem: 'has files and is not known', repair };
}
