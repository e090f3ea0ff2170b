import type { Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { type IndexEntry, type IndexRecord, indexesIn, putIndex } from '../records/indexes.ts';
import { giveName, type ImageRecord, nameIn, putImage } from '../records/records.ts';
import type { RemoteImage } from './documents.ts';
import type { RemoteEntry, RemoteTree } from './tree.ts';

/** What was brought by one manifest; where it is no image only its bytes. */
export interface Brought {
  manifest: RemoteImage;
  entry?: RemoteEntry;
  record?: ImageRecord;
  /** What lies here is of exactly that manifest. */
  isExact: boolean;
}

export interface Written {
  reference: Reference;
  /** Of what the name stands for: the list, where it is one. */
  digest: string;
  brought: Brought[];
  tree?: RemoteTree;
}

/** Writes down what was pulled; whether the name stands for something new, and the image that it stands for. */
export function writePulled(context: Context, written: Written): { isNew: boolean; id: string } {
  const { reference, digest, brought, tree } = written;
  const { domain, path } = reference;
  return context.store.admit((tx) => {
    const images = brought.flatMap(({ manifest, record }) => (record ? [{ id: manifest.config.digest, record }] : []));
    for (const { id, record } of images) putImage(tx, id, record);
    const before = nameIn(tx, reference);
    const had = before ? [before.image, ...imagesBehind(tx, before.index === digest ? digest : undefined)] : [];
    const own = { domain, path, digest };
    const first = images[0]?.id ?? before?.image ?? '';
    const index = tree && { index: digest };
    giveName(tx, own, { id: first, ...index });
    if (tree) putIndex(tx, digest, indexRecord(tree, brought));
    const id = nameIn(tx, own)?.image ?? first;
    const at = context.clock().toISOString();
    if (reference.digest === undefined) giveName(tx, reference, { id, ...index, ...(before?.image !== id && { at }) });
    return { isNew: images.some((one) => !had.includes(one.id)), id };
  });
}

function imagesBehind(tx: Tx, index: string | undefined): string[] {
  const entries = index === undefined ? [] : (indexesIn(tx).get(index)?.entries ?? []);
  return entries.flatMap(({ image }) => (image === undefined ? [] : [image]));
}

function indexRecord({ list, nested, entries }: RemoteTree, brought: Brought[]): IndexRecord {
  return {
    mediaType: list.mediaType,
    size: list.bytes.length,
    nested: nested.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.length })),
    entries: entries.map((entry) => entryRecord(entry, brought)),
  };
}

function entryRecord({ descriptor, platform }: RemoteEntry, brought: Brought[]): IndexEntry {
  const found = brought.find(({ entry, isExact }) => isExact && entry?.descriptor.digest === descriptor.digest);
  const plain = { descriptor, ...(platform && { platform }) };
  if (!found) return plain;
  const { manifest, record } = found;
  const blobs = [manifest.config, ...manifest.layers].map(({ digest }) => digest);
  return { ...plain, ...(record && imageOf(manifest, record, platform)), blobs };
}

function imageOf({ config }: RemoteImage, record: ImageRecord, said: IndexEntry['platform']) {
  const { os, architecture, variant } = record.config;
  const platform = said?.os ? said : { os, architecture, ...(variant && { variant }) };
  return { image: config.digest, platform };
}
