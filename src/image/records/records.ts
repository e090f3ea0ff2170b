import { EngineError } from '../../kit/index.ts';
import {
  familiarString,
  type ImageConfig,
  isDigest,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../oci/index.ts';
import type { Collection, Tx } from '../../store/index.ts';

/** What the engine keeps of an image, under its id. */
export interface ImageRecord {
  config: ImageConfig;
  /** The bytes of each layer as they came, lowest first, beside `config.rootfs.diff_ids`. */
  blobs: string[];
  /** Bytes of all files of each layer. */
  sizes: number[];
  /** The manifest that a registry gave for it, kept as it came: it is of exactly these blobs. */
  manifest?: { digest: string; mediaType: string };
  /** The image that it was committed on, while that is here. */
  parent?: string;
  /** When a name was last given to it. */
  lastTagged?: string;
  /** What was lost of it, as a check found; it cannot be saved or pushed until it has come again. */
  damaged?: string;
}

const images: Collection<ImageRecord> = {
  name: 'images',
  indexes: { parent: { of: (image) => image.parent ?? null, unique: false } },
};

interface NameRecord {
  image: string;
  /** The list that the name stands for, where it is one; the image is then the one of it that suits this host best. */
  index?: string;
}

/** Names of images, whole (`docker.io/library/busybox:latest`, or with `@sha256:…`). */
const names: Collection<NameRecord> = {
  name: 'image_names',
  indexes: {
    image: { of: (name) => name.image, unique: false },
    index: { of: (name) => name.index ?? null, unique: false },
  },
};

export function imagesIn(tx: Tx) {
  return tx.collection(images);
}

/** The names of an image. */
export function namesOf(tx: Tx, id: string): Reference[] {
  return tx
    .collection(names)
    .by('image', id)
    .map((row) => parseReference(row.id));
}

/** The names of a list. */
export function namesOfIndex(tx: Tx, digest: string): Reference[] {
  return tx
    .collection(names)
    .by('index', digest)
    .map((row) => parseReference(row.id));
}

/**
 * Gives the image a name, that of a list with `index`; the id of the image that had it before, if that was another. A load leaves `at`
 * out, as in Docker.
 */
export function giveName(
  tx: Tx,
  name: Reference,
  image: { id: string; index?: string | undefined; at?: string },
): string | undefined {
  const before = tx.collection(names).get(wholeName(name))?.image;
  tx.collection(names).put(wholeName(name), { image: image.id, ...(image.index && { index: image.index }) });
  const record = imagesIn(tx).get(image.id);
  if (record && image.at !== undefined) imagesIn(tx).put(image.id, { ...record, lastTagged: image.at });
  return before === image.id ? undefined : before;
}

/** What has that name: an image, and the list of which it is a part. */
export function nameIn(tx: Tx, name: Reference): NameRecord | undefined {
  return tx.collection(names).get(wholeName(name));
}

/** The images that were committed on one. */
export function childrenOf(tx: Tx, id: string): string[] {
  return imagesIn(tx)
    .by('parent', id)
    .map((row) => row.id);
}

/** The images that were committed on one, on those, and so on. */
export function descendantsOf(tx: Tx, id: string): string[] {
  return childrenOf(tx, id).flatMap((child) => [child, ...descendantsOf(tx, child)]);
}

/** What a name stands for. */
export interface Named {
  name: Reference;
  id: string;
  index?: string;
}

/** All names of a repository, whatever their tags. */
export function namesInRepository(tx: Tx, { domain, path }: Reference): Named[] {
  return tx
    .collection(names)
    .all()
    .map(({ id, document: { image, index } }) => ({ name: parseReference(id), id: image, ...(index && { index }) }))
    .filter(({ name }) => name.domain === domain && name.path === path);
}

/** Names of images that are gone. */
export function lostNames(tx: Tx): { name: Reference; id: string }[] {
  return tx
    .collection(names)
    .all()
    .filter(({ document }) => imagesIn(tx).get(document.image) === undefined)
    .map(({ id, document }) => ({ name: parseReference(id), id: document.image }));
}

/** Refuses an image that a check found damaged. */
export function requireWhole(id: string, { damaged }: ImageRecord): void {
  if (damaged === undefined) return;
  throw new EngineError('internal', `image ${id} is damaged: ${damaged}; pull or load it again`);
}

/** Writes down what was lost of an image. */
export function markDamaged(tx: Tx, id: string, damaged: string): void {
  const record = imagesIn(tx).get(id);
  if (record) imagesIn(tx).put(id, { ...record, damaged });
}

export function takeName(tx: Tx, name: Reference): void {
  tx.collection(names).delete(wholeName(name));
}

export function wholeName(name: Reference): string {
  const { domain, path, tag, digest } = name;
  return `${domain}/${path}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}

/** An image, and the list that it was asked for by. */
export interface FoundImage {
  id: string;
  record: ImageRecord;
  index?: string;
}

/** By name, name@digest, id or unique prefix of it. */
export function findImage(tx: Tx, text: string): FoundImage {
  const { image: id, index } = targetOf(tx, text) ?? {};
  const record = id === undefined ? undefined : imagesIn(tx).get(id);
  if (id === undefined || !record) throw new EngineError('notFound', `No such image: ${described(text)}`);
  return { id, record, ...(index && { index }) };
}

function targetOf(tx: Tx, text: string): NameRecord | undefined {
  if (isDigest(text)) return { image: text };
  if (/^[0-9a-f]{64}$/.test(text)) return { image: `sha256:${text}` };
  const named = nameIn(tx, parseReference(text));
  if (named !== undefined) return named;
  const prefix = /^(?:sha256:)?([0-9a-f]+)$/.exec(text)?.[1];
  if (prefix === undefined) return undefined;
  const [only, another] = imagesIn(tx).idsByPrefix(`sha256:${prefix}`, 2);
  return only !== undefined && another === undefined ? { image: only } : undefined;
}

function described(text: string): string {
  if (isDigest(text)) return text;
  if (/^[0-9a-f]{64}$/.test(text)) return `sha256:${text}`;
  return familiarString(withDefaultTag(parseReference(text)));
}

/** Writes an image down, with what it needs: its config, its layers and their bytes. */
export function putImage(tx: Tx, id: string, record: ImageRecord): void {
  const before = imagesIn(tx).get(id);
  const kept = {
    ...(before?.parent && { parent: before.parent }),
    ...(before?.lastTagged && { lastTagged: before.lastTagged }),
  };
  imagesIn(tx).put(id, { ...record, ...kept });
  const owner = `image:${id}`;
  tx.refs.removeOwner(owner);
  for (const blob of blobsOf(id, record)) tx.refs.add(owner, `blob:${blob}`);
  for (const diffId of record.config.rootfs.diff_ids) tx.refs.add(owner, `layer:${diffId}`);
}

/** The digests of all blobs that an image needs. */
export function blobsOf(id: string, { blobs, manifest }: ImageRecord): string[] {
  return [id, ...blobs, ...(manifest ? [manifest.digest] : [])];
}

/** Deletes an image; what it needed, for the garbage to look at. */
export function deleteImage(tx: Tx, id: string): string[] {
  const owner = `image:${id}`;
  const targets = tx.refs.targetsOf(owner).map((ref) => ref.target);
  tx.refs.removeOwner(owner);
  for (const name of namesOf(tx, id)) takeName(tx, name);
  for (const child of childrenOf(tx, id)) {
    const record = imagesIn(tx).get(child);
    if (record) imagesIn(tx).put(child, withoutParent(record));
  }
  imagesIn(tx).delete(id);
  return targets;
}

function withoutParent(record: ImageRecord): ImageRecord {
  const { parent, ...rest } = record;
  return parent === undefined ? record : rest;
}

/** The containers of an image. */
export function usersOf(tx: Tx, id: string): { id: string; running: boolean }[] {
  return tx.refs
    .ownersOf(`image:${id}`)
    .filter(({ owner }) => owner.startsWith('container:'))
    .map(({ owner, note }) => ({ id: owner.slice('container:'.length), running: note === 'running' }));
}
