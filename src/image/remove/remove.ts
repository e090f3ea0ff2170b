import type { ImageDeleteResponseItem } from '../../api/index.ts';
import { EngineError, shortId } from '../../kit/index.ts';
import { chainIds, familiarString, parseReference, type Reference, withDefaultTag } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { ImageEvent } from '../contract.ts';
import {
  childrenOf,
  deleteImage,
  findImage,
  type ImageRecord,
  imagesIn,
  namesOf,
  takeName,
  wholeName,
} from '../records/records.ts';

interface Removal {
  tx: Tx;
  id: string;
  record: ImageRecord;
  force: boolean;
  items: ImageDeleteResponseItem[];
  events: ImageEvent[];
  targets: string[];
}

/** Untags, and deletes the image with its last name; refusals are Docker's. */
export async function removeImage(
  context: Context,
  reference: string,
  options: { force: boolean; prune: boolean },
): Promise<ImageDeleteResponseItem[]> {
  const removal = context.store.update((tx) => {
    const found = findImage(tx, reference);
    const removal: Removal = { tx, ...found, force: options.force, items: [], events: [], targets: [] };
    if (isIdPrefix(found.id, reference)) removeById(removal);
    else removeByName(removal, reference);
    if (options.prune) pruneParents(removal, found.record.parent);
    return removal;
  });
  publishAll(context, removal.events);
  await context.garbage.drop(removal.targets);
  return removal.items;
}

function removeByName(removal: Removal, reference: string): void {
  const { tx, id, force } = removal;
  const names = namesOf(tx, id);
  const [user] = usersOf(tx, id);
  if (!force && isSingle(names) && user) {
    throw new EngineError(
      'conflict',
      `conflict: unable to remove repository reference ${JSON.stringify(reference)} (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(id)}`,
    );
  }
  const name = withDefaultTag(parseReference(reference));
  untag(removal, name);
  let left = namesOf(tx, id);
  const sameRepository = left.filter((other) => repository(other) === repository(name));
  // With its last tag a repository's digests go too.
  if (name.digest === undefined && sameRepository.every((other) => other.digest !== undefined)) {
    for (const digest of sameRepository) untag(removal, digest);
    left = namesOf(tx, id);
  }
  if (left.length > 0) return;
  // Its name is gone: where a container or an image on it keeps the image itself, that is all.
  if (conflictOf(removal)?.used) return;
  discard(removal);
}

function removeById(removal: Removal): void {
  const names = namesOf(removal.tx, removal.id);
  const conflict = conflictOf(removal, isSingle(names) ? [] : names);
  if (conflict) throw conflict.error;
  for (const name of names) untag(removal, name);
  discard(removal);
}

/** What keeps the image from being deleted. With `force` only a running container does. */
function conflictOf(removal: Removal, names: Reference[] = []): { used: boolean; error: EngineError } | undefined {
  const { tx, id, force } = removal;
  const conflict = (used: boolean, forced: string, reason: string) => ({
    used,
    error: new EngineError('conflict', `conflict: unable to delete ${shortId(id)} (${forced}) - ${reason}`),
  });
  if (childrenOf(tx, id).length > 0) {
    return conflict(true, 'cannot be forced', 'image has dependent child images');
  }
  const users = usersOf(tx, id);
  const running = users.find((user) => user.running);
  if (running) {
    return conflict(true, 'cannot be forced', `image is being used by running container ${shortId(running.id)}`);
  }
  if (force) return undefined;
  if (names.length > 0) return conflict(false, 'must be forced', 'image is referenced in multiple repositories');
  const [stopped] = users;
  if (stopped)
    return conflict(true, 'must be forced', `image is being used by stopped container ${shortId(stopped.id)}`);
  return undefined;
}

/** Images without a name that were kept for this one alone go with it. */
function pruneParents(removal: Removal, parent: string | undefined): void {
  const { tx } = removal;
  if (parent === undefined || imagesIn(tx).get(removal.id)) return;
  const record = imagesIn(tx).get(parent);
  if (!record || namesOf(tx, parent).length > 0) return;
  const next: Removal = { ...removal, id: parent, record, force: false };
  if (conflictOf(next)) return;
  discard(next);
  pruneParents(next, record.parent);
}

function discard(removal: Removal): void {
  const { tx, id, record } = removal;
  const kept = chainsInUse(tx, id);
  removal.targets.push(...deleteImage(tx, id));
  removal.items.push({ Deleted: id });
  for (const chain of chainIds(record.config.rootfs.diff_ids).toReversed()) {
    if (!kept.has(chain)) removal.items.push({ Deleted: chain });
  }
  removal.events.push({ action: 'delete', id, name: id, labels: {} });
}

/** The layers, by chain id, that other images need, or containers of this one. */
function chainsInUse(tx: Tx, id: string): Set<string> {
  const others = imagesIn(tx)
    .all()
    .filter((image) => image.id !== id || usersOf(tx, id).length > 0);
  return new Set(others.flatMap((image) => chainIds(image.document.config.rootfs.diff_ids)));
}

function untag(removal: Removal, name: Reference): void {
  takeName(removal.tx, name);
  removal.items.push({ Untagged: familiarString(name) });
  removal.events.push(eventOf(removal.tx, 'untag', removal.id));
}

function usersOf(tx: Tx, id: string): { id: string; running: boolean }[] {
  return tx.refs
    .ownersOf(`image:${id}`)
    .filter(({ owner }) => owner.startsWith('container:'))
    .map(({ owner, note }) => ({ id: owner.slice('container:'.length), running: note === 'running' }));
}

/** All names are of one repository, at most one of them a tag. */
function isSingle(names: Reference[]): boolean {
  const repositories = new Set(names.map(repository));
  return repositories.size <= 1 && names.filter((name) => name.digest === undefined).length <= 1;
}

function repository(name: Reference): string {
  return wholeName({ domain: name.domain, path: name.path, tag: 'latest' });
}

function isIdPrefix(id: string, reference: string): boolean {
  return id.startsWith(reference) || id.slice('sha256:'.length).startsWith(reference);
}
