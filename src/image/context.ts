import { EngineError, type Log, type Topic } from '../kit/index.ts';
import { familiarName, familiarString, type Reference } from '../oci/index.ts';
import type { Snapshots } from '../snapshot/index.ts';
import type { Store, Tx } from '../store/index.ts';
import type { ImageEvent } from './contract.ts';
import type { Garbage } from './records/garbage.ts';
import { giveName, imagesIn } from './records/records.ts';

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

/** Tags an image in a transaction, and says so. */
export function tagIn(
  tx: Tx,
  context: Context,
  name: Reference,
  { id, index }: { id: string; index?: string },
): ImageEvent {
  if (familiarName(name) === 'sha256')
    throw new EngineError('invalid', 'refusing to create an ambiguous tag using digest algorithm as name');
  giveName(tx, name, { id, index, at: context.clock().toISOString() });
  return eventOf(tx, 'tag', id, familiarString(name));
}
