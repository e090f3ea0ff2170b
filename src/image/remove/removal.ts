import type { ImageDeleteResponseItem } from '../../api/index.ts';
import { EngineError, shortId } from '../../kit/index.ts';
import { chainIds, familiarString, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { eventOf } from '../context.ts';
import type { ImageEvent } from '../contract.ts';
import {
  childrenOf,
  deleteImage,
  type ImageRecord,
  imagesIn,
  nameIn,
  takeName,
  usersOf,
  wholeName,
} from '../records/records.ts';

/** One image that is being removed, and what came of it so far. */
export interface Removal {
  tx: Tx;
  id: string;
  record: ImageRecord;
  /** The list that its name stands for. */
  index?: string;
  force: boolean;
  items: ImageDeleteResponseItem[];
  events: ImageEvent[];
  targets: string[];
}

/** What keeps the image from being deleted. With `force` only a running container does. */
export function conflictOf(
  removal: Removal,
  names: Reference[] = [],
): { used: boolean; error: EngineError } | undefined {
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

/** Deletes the image, with a line for each of its layers that nothing else needs. */
export function discard(removal: Removal): void {
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

/** Takes a name from the image; the list that it stood for. */
export function untag(removal: Removal, name: Reference): string | undefined {
  const index = nameIn(removal.tx, name)?.index;
  takeName(removal.tx, name);
  removal.items.push({ Untagged: familiarString(name) });
  removal.events.push(eventOf(removal.tx, 'untag', removal.id));
  return index;
}

/** All names are of one repository, at most one of them a tag. */
export function isSingle(names: Reference[]): boolean {
  const repositories = new Set(names.map(repositoryOf));
  return repositories.size <= 1 && names.filter((name) => name.digest === undefined).length <= 1;
}

/** The name of a repository. */
export function repositoryOf(name: Reference): string {
  return wholeName({ domain: name.domain, path: name.path, tag: 'latest' });
}
