import { EngineError } from '../../kit/index.ts';
import { formatPlatform, type Platform, parseReference, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { blobsOfIndex, type IndexEntry, type IndexRecord, imagesOfIndex, indexesIn } from '../records/indexes.ts';
import { findForPlatform } from '../records/platforms.ts';
import {
  blobsOf,
  findImage,
  type ImageRecord,
  imagesIn,
  type Named,
  namesInRepository,
  requireWhole,
  wholeName,
} from '../records/records.ts';

/** What is saved of a name or an id. */
export interface Saved {
  id: string;
  record: ImageRecord;
  /** Those that were asked for by name. */
  names: Reference[];
  /** With all that is here of it. */
  list?: { digest: string; record: IndexRecord };
  /** Its place in a list of which only it is saved. */
  entry?: IndexEntry;
}

/** The digests of all blobs that go into the archive for it; what is damaged is refused. */
export function blobsOfSaved(tx: Tx, { id, record, list, entry }: Saved): string[] {
  requireWhole(id, record);
  if (!list) return [...blobsOf(id, record), ...(entry ? [entry.descriptor.digest] : [])];
  for (const image of imagesOfIndex(list.record)) {
    const other = imagesIn(tx).get(image);
    if (other) requireWhole(image, other);
  }
  return [...blobsOf(id, record), ...blobsOfIndex(list.digest, list.record)];
}

/** Each image once, with the names it was asked for by, in the order of the references. */
export function imagesFor(tx: Tx, references: string[], platform?: Platform): Saved[] {
  const found = new Map<string, Saved>();
  const add = (reference: string, name: Reference | undefined): void => {
    const one = savedOf(tx, reference, platform);
    const key = one.list?.digest ?? one.id;
    const saved = found.get(key) ?? one;
    found.set(key, saved);
    if (name && !saved.names.some((other) => wholeName(other) === wholeName(name))) saved.names.push(name);
  };
  for (const reference of references) {
    const { name, all } = named(tx, reference);
    if (all.length > 0) for (const one of all) add(wholeName(one.name), one.name);
    else {
      const { id } = findOrRefuse(tx, reference);
      add(reference, name?.tag !== undefined && !id.startsWith(reference) ? name : undefined);
    }
  }
  return [...found.values()];
}

function savedOf(tx: Tx, reference: string, platform: Platform | undefined): Saved {
  const { id, record, index, entry } = ofPlatform(tx, reference, platform);
  const list = index === undefined || platform ? undefined : indexesIn(tx).get(index);
  return {
    id,
    record,
    names: [],
    ...(index !== undefined && list && { list: { digest: index, record: list } }),
    ...(platform && entry && { entry }),
  };
}

function ofPlatform(tx: Tx, reference: string, platform: Platform | undefined) {
  try {
    return findForPlatform(tx, reference, platform);
  } catch (error) {
    if (!platform || !(error instanceof EngineError)) throw error;
    const words = `no suitable export target found for platform ${formatPlatform(platform)}`;
    throw new EngineError('internal', words, error);
  }
}

function findOrRefuse(tx: Tx, reference: string) {
  try {
    return findImage(tx, reference);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind !== 'notFound') throw new EngineError('internal', error.message, error);
    const isTagged = parseReference(reference).tag !== undefined;
    throw new EngineError('notFound', isTagged ? 'reference does not exist' : `No such image: ${reference}`, error);
  }
}

/** What is no name is the engine's failure (500) here, as in Docker. */
function named(tx: Tx, reference: string): ReturnType<typeof asName> {
  try {
    return asName(tx, reference);
  } catch (error) {
    throw error instanceof EngineError ? new EngineError('internal', error.message, error) : error;
  }
}

/** The name in a reference, and all tags of the repository where it gives none. */
function asName(tx: Tx, reference: string): { name?: Reference; all: Named[] } {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(reference)) return { all: [] };
  const name = parseReference(reference);
  if (name.tag !== undefined || name.digest !== undefined) return { name, all: [] };
  return { name, all: namesInRepository(tx, name).filter((one) => one.name.digest === undefined) };
}
