import type { Log, Topic } from '../kit/index.ts';
import { familiarString, type Reference } from '../oci/index.ts';
import type { Snapshots } from '../snapshot/index.ts';
import type { Store, Tx } from '../store/index.ts';
import type { ImageEvent } from './contract.ts';
import type { Garbage } from './garbage.ts';
import { giveName, imagesIn, namesOf } from './records.ts';

/** What all parts of this room work with. */
export interface Context {
  store: Store;
  snapshots: Snapshots;
  garbage: Garbage;
  log: Log;
  clock: () => Date;
  events: Topic<ImageEvent>;
}

/** An event of an image, which is named `name` there; the labels are those it has now. */
export function eventOf(tx: Tx, action: string, id: string, name = id): ImageEvent {
  return { action, id, name, labels: imagesIn(tx).get(id)?.config.config?.Labels ?? {} };
}

export function publishAll(context: Context, events: ImageEvent[]): void {
  for (const event of events) context.events.publish(event);
}

/** Names an image in a transaction; what the one that lost the name needed is the caller's to drop. */
export function nameImage(
  tx: Tx,
  context: Context,
  name: Reference,
  id: string,
): { before: string | undefined; event: ImageEvent } {
  const before = giveName(tx, name, { id, at: context.clock().toISOString() });
  return { before, event: eventOf(tx, 'tag', id, familiarString(name)) };
}

export function isDangling(tx: Tx, id: string): boolean {
  return namesOf(tx, id).length === 0;
}
