import type { ImageDeleteResponseItem } from '../../api/index.ts';
import { EngineError, shortId } from '../../kit/index.ts';
import { type Platform, parseReference, withDefaultTag } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import { publishAll } from '../context.ts';
import { imagesOfIndex, indexesIn, indexesOf, isPart } from '../records/indexes.ts';
import { findWhole } from '../records/platforms.ts';
import { imagesIn, namesOf, namesOfIndex, usersOf } from '../records/records.ts';
import { discardParts, releaseLists, removePart, removePlatforms } from './lists.ts';
import { conflictOf, discard, isSingle, type Removal, repositoryOf, untag } from './removal.ts';

/** Untags, and deletes the image with its last name; refusals are Docker's. */
export async function removeImage(
  context: Context,
  reference: string,
  options: { force: boolean; prune: boolean; platforms?: Platform[] },
): Promise<ImageDeleteResponseItem[]> {
  const { force, prune, platforms = [] } = options;
  const removal = context.store.update((tx) => {
    const found = findWhole(tx, reference);
    const removal: Removal = { tx, ...found, force, items: [], events: [], targets: [] };
    if (platforms.length > 0 && removePlatforms(removal, reference, platforms)) return removal;
    if (isIdPrefix(found.id, reference)) removeById(removal);
    else removeByName(removal, reference);
    if (prune) pruneParents(removal, found.record.parent);
    return removal;
  });
  publishAll(context, removal.events);
  await context.garbage.drop(removal.targets);
  return removal.items;
}

function removeByName(removal: Removal, reference: string): void {
  const { tx, id, force, index } = removal;
  const parts = [id, ...partsOf(removal)];
  const user = parts.flatMap((part) => usersOf(tx, part).map((one) => ({ ...one, part })))[0];
  if (!force && isSingle(namesOf(tx, id)) && user) {
    throw new EngineError(
      'conflict',
      `conflict: unable to remove repository reference ${JSON.stringify(reference)} (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(user.part)}`,
    );
  }
  const name = withDefaultTag(parseReference(reference));
  const lists = new Set([index, untag(removal, name)]);
  const left = parts.flatMap((part) => namesOf(tx, part));
  const sameRepository = left.filter((other) => repositoryOf(other) === repositoryOf(name));
  // With its last tag a repository's digests go too.
  if (name.digest === undefined && sameRepository.every((other) => other.digest !== undefined)) {
    for (const digest of sameRepository) lists.add(untag(removal, digest));
  }
  const loose = releaseLists(
    removal,
    [...lists].filter((list) => list !== undefined),
  );
  // Its name is gone: where a container or an image on it keeps the image itself, that is all.
  const isKept = namesOf(tx, id).length > 0 || isPart(tx, id) || conflictOf(removal)?.used;
  if (!isKept) discard(removal);
  discardParts(removal, loose);
}

/** The other images that its name stands for and that have no names of their own but by digest. */
function partsOf({ tx, id, index }: Removal): string[] {
  const list = index === undefined ? undefined : indexesIn(tx).get(index);
  if (index === undefined || !list || namesOfIndex(tx, index).filter(({ digest }) => !digest).length > 1) return [];
  return imagesOfIndex(list).filter((part) => part !== id && namesOf(tx, part).every(({ digest }) => digest));
}

function removeById(removal: Removal): void {
  const { tx, id } = removal;
  if (isPart(tx, id)) {
    removePart(removal);
    return;
  }
  const names = namesOf(tx, id);
  const conflict = conflictOf(removal, isSingle(names) ? [] : names);
  if (conflict) throw conflict.error;
  for (const name of names) untag(removal, name);
  const loose = releaseLists(removal, indexesOf(tx, id));
  if (!isPart(tx, id)) discard(removal);
  discardParts(removal, loose);
}

/** Images without a name that were kept for this one alone go with it. */
function pruneParents(removal: Removal, parent: string | undefined): void {
  const { tx } = removal;
  if (parent === undefined || imagesIn(tx).get(removal.id)) return;
  const record = imagesIn(tx).get(parent);
  if (!record || namesOf(tx, parent).length > 0 || indexesOf(tx, parent).length > 0) return;
  const next: Removal = { ...removal, id: parent, record, force: false };
  if (conflictOf(next)) return;
  discard(next);
  pruneParents(next, record.parent);
}

function isIdPrefix(id: string, reference: string): boolean {
  return id.startsWith(reference) || id.slice('sha256:'.length).startsWith(reference);
}
