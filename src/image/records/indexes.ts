import { type Descriptor, hostPlatform, type Platform, platformMatches, platformRank } from '../../oci/index.ts';
import type { Collection, Tx } from '../../store/index.ts';
import { giveName, namesOf, namesOfIndex } from './records.ts';

/** A list of manifests, one for each platform, kept as it came: what it names, and what of that is here. */
export interface IndexRecord {
  mediaType: string;
  size: number;
  /** Lists within it, each after those that it names. */
  nested: Descriptor[];
  /** What it names, also through lists within it, in their order. */
  entries: IndexEntry[];
}

export interface IndexEntry {
  /** Its manifest. */
  descriptor: Descriptor;
  /** As the list says, otherwise as the image itself does, once it is here. */
  platform?: Platform;
  /** Config and layers (lowest first) of the manifest, where it and they are here. */
  blobs?: string[];
  /** The image of these blobs; an attestation is none. */
  image?: string;
}

const indexes: Collection<IndexRecord> = { name: 'image_indexes', indexes: {} };

export function indexesIn(tx: Tx) {
  return tx.collection(indexes);
}

/** Writes a list down with what it needs. What of it was here before stays; its names stand for the image that suits best. */
export function putIndex(tx: Tx, digest: string, record: IndexRecord): void {
  const before = indexesIn(tx).get(digest);
  const entries = record.entries.map((entry) => {
    const known = before?.entries.find(({ descriptor }) => descriptor.digest === entry.descriptor.digest);
    return entry.blobs ? entry : { ...known, ...entry };
  });
  replaceIndex(tx, digest, { ...record, entries });
}

/** Writes a list down as it is now. */
export function replaceIndex(tx: Tx, digest: string, record: IndexRecord): void {
  indexesIn(tx).put(digest, record);
  const owner = `index:${digest}`;
  tx.refs.removeOwner(owner);
  for (const blob of blobsOfIndex(digest, record)) tx.refs.add(owner, `blob:${blob}`);
  for (const { image } of record.entries) if (image !== undefined) tx.refs.add(owner, `image:${image}`);
  const primary = primaryOf(record);
  if (primary === undefined) return;
  for (const name of namesOfIndex(tx, digest)) giveName(tx, name, { id: primary, index: digest });
}

/** Forgets a list; what it needed, for the garbage to look at. */
export function deleteIndex(tx: Tx, digest: string): string[] {
  const owner = `index:${digest}`;
  const targets = tx.refs.targetsOf(owner).map(({ target }) => target);
  tx.refs.removeOwner(owner);
  indexesIn(tx).delete(digest);
  return targets.filter((target) => target.startsWith('blob:'));
}

/** The digests of all blobs that are here of a list, its own first. */
export function blobsOfIndex(digest: string, { nested, entries }: IndexRecord): string[] {
  const present = entries.flatMap(({ descriptor, blobs }) => (blobs ? [descriptor.digest, ...blobs] : []));
  return [digest, ...nested.map((one) => one.digest), ...present];
}

/** The lists of which an image is a part. */
export function indexesOf(tx: Tx, image: string): string[] {
  return tx.refs
    .ownersOf(`image:${image}`)
    .filter(({ owner }) => owner.startsWith('index:'))
    .map(({ owner }) => owner.slice('index:'.length));
}

/** Of an image that has no name: a list that has none either and stands for it. */
export function namelessIndexOf(tx: Tx, image: string): string | undefined {
  return indexesOf(tx, image).find((digest) => {
    const record = indexesIn(tx).get(digest);
    return record && namesOfIndex(tx, digest).length === 0 && primaryOf(record) === image;
  });
}

/** Whether an image is only here as one platform of a list. */
export function isPart(tx: Tx, image: string): boolean {
  const nameless = namelessIndexOf(tx, image);
  return namesOf(tx, image).length === 0 && indexesOf(tx, image).some((digest) => digest !== nameless);
}

/** The images of a list that are here, in its order. */
export function imagesOfIndex({ entries }: IndexRecord): string[] {
  return [...new Set(entries.flatMap(({ image }) => (image === undefined ? [] : [image])))];
}

/** Whether all that a list names is here. */
export function isWhole({ entries }: IndexRecord): boolean {
  return entries.every(({ blobs }) => blobs !== undefined);
}

/** The entry for exactly that platform, of those that are here as images. */
export function entryFor({ entries }: IndexRecord, platform: Platform): IndexEntry | undefined {
  const matching = entries.filter(
    (entry) => entry.image && entry.platform && platformMatches(entry.platform, platform),
  );
  return bestFor(matching, platform) ?? matching[0];
}

/** The image that a list stands for where no platform is asked for: the host's, or the first. */
export function primaryOf(record: IndexRecord): string | undefined {
  const present = record.entries.filter(({ image }) => image !== undefined);
  return (bestFor(present, hostPlatform()) ?? present[0])?.image;
}

/** What suits a platform best; what names none is the last resort. */
export function bestFor<T extends { platform?: Platform }>(entries: T[], wanted: Platform): T | undefined {
  const ranked = entries
    .map((entry) => ({ entry, rank: rankOf(entry.platform, wanted) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((one, other) => (one.rank ?? 0) - (other.rank ?? 0));
  return ranked[0]?.entry;
}

function rankOf(platform: Platform | undefined, wanted: Platform): number | undefined {
  if (!platform?.os && !platform?.architecture) return Number.MAX_SAFE_INTEGER;
  return platformRank(platform, wanted);
}

/** What is no image but says something of one: `unknown/unknown` by the custom of builders. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  return (
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' ||
    (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}
