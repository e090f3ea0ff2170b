import type { Damage } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import {
  blobsOfIndex,
  deleteIndex,
  type IndexEntry,
  type IndexRecord,
  imagesOfIndex,
  indexesIn,
  replaceIndex,
} from './records/indexes.ts';
import { giveName, imagesIn, namesOfIndex } from './records/records.ts';

interface FoundList {
  digest: string;
  record: IndexRecord;
}

/** Lists of several platforms with all that they say is here. */
export function* checkLists(store: Store): Generator<Damage> {
  for (const { id, document } of store.view((tx) => indexesIn(tx).all())) {
    const list = { digest: id, record: document };
    const isThere = yield* checkDocuments(store, list);
    if (isThere) yield* checkEntries(store, list);
  }
  for (const owner of store.view((tx) => tx.refs.owners('index').filter((one) => !indexesIn(tx).get(one.slice(6))))) {
    yield {
      subject: owner.replace(':', ' '),
      problem: 'is gone and still holds what it needed',
      repair: () => {
        store.update((tx) => tx.refs.removeOwner(owner));
        return 'let go';
      },
    };
  }
}

/** Without its own bytes a list is none: its names stand for one image from then on. */
function* checkDocuments(store: Store, { digest, record }: FoundList): Generator<Damage, boolean> {
  const missing = [digest, ...record.nested.map((one) => one.digest)].find((blob) => !store.blobs.has(blob));
  const isEmpty = imagesOfIndex(record).length === 0;
  if (missing === undefined && !isEmpty) return true;
  yield {
    subject: `list ${digest}`,
    problem: missing === undefined ? 'has no image here' : `its bytes ${missing} are gone`,
    repair: () => {
      store.update((tx) => {
        const [first] = imagesOfIndex(record);
        for (const name of namesOfIndex(tx, digest)) if (first) giveName(tx, name, { id: first });
        deleteIndex(tx, digest);
      });
      return 'its names stand for one image now; pull it again to have all of them';
    },
  };
  return false;
}

function* checkEntries(store: Store, { digest, record }: FoundList): Generator<Damage> {
  const subject = `list ${digest}`;
  const lost = record.entries.filter((entry) => isLost(store, entry));
  if (lost.length > 0) {
    const entries = record.entries.map((entry): IndexEntry => {
      const { image: _, blobs: __, ...plain } = entry;
      return lost.includes(entry) ? plain : entry;
    });
    yield {
      subject,
      problem: `${lost.map(({ descriptor }) => descriptor.digest).join(', ')} of it is gone`,
      repair: () => {
        store.update((tx) => replaceIndex(tx, digest, { ...record, entries }));
        return 'is no longer counted as here; pull it again';
      },
    };
    return;
  }
  const held = store.view((tx) => tx.refs.targetsOf(`index:${digest}`).map(({ target }) => target));
  const wanted = [
    ...blobsOfIndex(digest, record).map((blob) => `blob:${blob}`),
    ...imagesOfIndex(record).map((id) => `image:${id}`),
  ];
  if (wanted.every((target) => held.includes(target))) return;
  yield {
    subject,
    problem: 'does not hold all that it needs',
    repair: () => {
      store.update((tx) => replaceIndex(tx, digest, record));
      return 'written down again';
    },
  };
}

/** Whether what a list says is here is not. */
function isLost(store: Store, { descriptor, blobs, image }: IndexEntry): boolean {
  if (!blobs) return false;
  const isImageGone = image !== undefined && store.view((tx) => imagesIn(tx).get(image)) === undefined;
  return isImageGone || [descriptor.digest, ...blobs].some((blob) => !store.blobs.has(blob));
}
