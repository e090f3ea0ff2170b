import { EngineError, shortId } from '../../kit/index.ts';
import { familiarString, type Platform } from '../../oci/index.ts';
import { deleteIndex, imagesOfIndex, indexesIn, indexesOf, replaceIndex } from '../records/indexes.ts';
import { findForPlatform } from '../records/platforms.ts';
import { imagesIn, namesOf, namesOfIndex } from '../records/records.ts';
import { conflictOf, discard, type Removal } from './removal.ts';

/** Removes those platforms of what the reference stands for that are asked for; false where that is all of it. */
export function removePlatforms(removal: Removal, reference: string, platforms: Platform[]): boolean {
  const { tx, index, force } = removal;
  const chosen = platforms.map((platform) => findForPlatform(tx, reference, platform));
  const list = index === undefined ? undefined : indexesIn(tx).get(index);
  const ids = new Set(chosen.map(({ id }) => id));
  if (index === undefined || !list || imagesOfIndex(list).every((id) => ids.has(id))) return false;
  if (!force) {
    const words = 'Content will be removed from all images referencing this variant. Use —-force to force delete.';
    throw new EngineError('invalid', words);
  }
  for (const id of ids) {
    const conflict = conflictOf(partOf(removal, id));
    if (conflict) throw conflict.error;
    takeFromList(removal, index, id);
    discardParts(removal, [id]);
  }
  return true;
}

/** Removes an image that is here only as one platform of lists. */
export function removePart(removal: Removal): void {
  const { tx, id, force } = removal;
  const conflict = conflictOf(removal);
  if (conflict) throw conflict.error;
  const lists = indexesOf(tx, id);
  if (!force) {
    const names = lists.flatMap((index) => namesOfIndex(tx, index));
    const name = names.find(({ digest }) => digest === undefined) ?? names[0];
    const reason = `image is a platform of ${name ? familiarString(name) : 'another image'}`;
    throw new EngineError('conflict', `conflict: unable to delete ${shortId(id)} (must be forced) - ${reason}`);
  }
  for (const index of lists) takeFromList(removal, index, id);
  discardParts(removal, [id]);
}

function takeFromList(removal: Removal, index: string, id: string): void {
  const { tx } = removal;
  const record = indexesIn(tx).get(index);
  if (!record) return;
  const entries = record.entries.map((entry) => {
    if (entry.image !== id) return entry;
    const { image: _, blobs = [], ...plain } = entry;
    removal.items.push({ Deleted: entry.descriptor.digest });
    removal.targets.push(...[entry.descriptor.digest, ...blobs].map((blob) => `blob:${blob}`));
    return plain;
  });
  replaceIndex(tx, index, { ...record, entries });
}

/** Forgets lists that have no name any more; the images that were part of them. */
export function releaseLists(removal: Removal, indexes: string[]): string[] {
  const { tx } = removal;
  return indexes.flatMap((index) => {
    const record = indexesIn(tx).get(index);
    if (!record || namesOfIndex(tx, index).length > 0) return [];
    removal.targets.push(...deleteIndex(tx, index));
    return imagesOfIndex(record);
  });
}

/** Deletes images that were parts of lists, where nothing else keeps them. */
export function discardParts(removal: Removal, ids: string[]): void {
  const { tx } = removal;
  for (const id of ids) {
    const part = partOf(removal, id);
    const isKept = !imagesIn(tx).get(id) || namesOf(tx, id).length > 0 || indexesOf(tx, id).length > 0;
    if (!isKept && !conflictOf(part)?.used) discard(part);
  }
}

function partOf(removal: Removal, id: string): Removal {
  const { index: _, ...rest } = removal;
  return { ...rest, id, record: imagesIn(removal.tx).get(id) ?? removal.record };
}
