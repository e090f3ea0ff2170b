import { EngineError } from '../../kit/index.ts';
import {
  type Descriptor,
  formatPlatform,
  hostPlatform,
  type Index,
  isDigest,
  isIndexType,
  type Manifest,
  mediaTypes,
  type Platform,
  parseReference,
  type Reference,
} from '../../oci/index.ts';
import { type IndexEntry, isAttestation } from '../records/indexes.ts';
import { type Archived, type ArchivedImage, checkedConfig, known, requireLayers } from './archived.ts';
import type { Spool } from './spool.ts';

const deepest = 3;

type Document = Partial<Index & Manifest>;

/** What the index of an OCI layout tells of: images, and lists of them with all that is there of each. */
export async function ociImages(spool: Spool): Promise<Archived> {
  const index = (await spool.json(spool.need('index.json'))) as Partial<Index>;
  const archived: Archived = { images: [], lists: [] };
  for (const descriptor of descriptors(index.manifests)) {
    const document = await documentOf(spool, descriptor);
    if (isIndex(descriptor, document)) await addList(spool, archived, { descriptor, document });
    else if (isImage(descriptor, document)) {
      archived.images.push(await imageOf(spool, document, { descriptor, names: namesOf(descriptor) }));
    }
  }
  return archived;
}

async function addList(
  spool: Spool,
  archived: Archived,
  { descriptor, document }: { descriptor: Descriptor; document: Document },
): Promise<void> {
  const nested: Descriptor[] = [];
  const images: ArchivedImage[] = [];
  const look = async (list: Document, depth: number, around?: Platform): Promise<IndexEntry[]> => {
    if (depth > deepest) throw new EngineError('invalid', 'the index is nested too deeply');
    const entries: IndexEntry[] = [];
    for (const one of descriptors(list.manifests)) {
      if (!isDigest(one?.digest)) throw new EngineError('invalid', 'invalid checksum digest format');
      const platform = one.platform ?? around;
      const plain = { descriptor: one, ...(platform && { platform }) };
      const found = spool.has(one.digest) ? await documentOf(spool, one) : undefined;
      if (found && isIndex(one, found)) {
        entries.push(...(await look(found, depth + 1, platform)));
        nested.push(one);
      } else entries.push(found ? await entryOf(spool, { plain, document: found, images }) : plain);
    }
    return entries;
  };
  const entries = await look(document, 0);
  if (images.length === 0) {
    throw new EngineError('invalid', `no image for ${formatPlatform(hostPlatform())} in the archive`);
  }
  const { digest, size, mediaType } = descriptor;
  archived.images.push(...images);
  archived.lists.push({ digest, record: { mediaType, size, nested, entries }, names: namesOf(descriptor) });
}

/** An entry whose manifest is in the archive: then all of it must be. */
async function entryOf(
  spool: Spool,
  { plain, document, images }: { plain: IndexEntry; document: Document; images: ArchivedImage[] },
): Promise<IndexEntry> {
  const { descriptor, platform } = plain;
  const { config } = document;
  const parts = [...(config ? [config] : []), ...descriptors(document.layers)];
  const blobs = parts.map((part) => known(spool, part));
  const isHere = !isAttestation(descriptor) && isImage(descriptor, document) && (platform?.os ?? 'linux') === 'linux';
  if (!config || !isHere) return { ...plain, blobs };
  const image = await imageOf(spool, document, { descriptor, names: [] });
  images.push(image);
  const { os, architecture, variant } = image.config;
  return { ...plain, platform: platform ?? { os, architecture, ...(variant && { variant }) }, blobs, image: image.id };
}

async function imageOf(
  spool: Spool,
  document: Document,
  { descriptor, names }: { descriptor: Descriptor; names: Reference[] },
): Promise<ArchivedImage> {
  const id = known(spool, document.config as Descriptor);
  const config = await checkedConfig(spool, id);
  const blobs = descriptors(document.layers).map((layer) => known(spool, layer));
  requireLayers(config, blobs.length);
  const { digest, mediaType = mediaTypes.ociManifest } = descriptor;
  return { id, config, blobs, names, manifest: { digest, mediaType } };
}

async function documentOf(spool: Spool, descriptor: Descriptor): Promise<Document> {
  const document = (await spool.json(known(spool, descriptor))) as Document | null;
  if (!document || typeof document !== 'object') throw new EngineError('invalid', 'invalid manifest: it is no object');
  requireOneMeaning(document, descriptor);
  return document;
}

function isIndex({ mediaType }: Descriptor, document: Document): boolean {
  return isIndexType(mediaType) || document.manifests !== undefined;
}

/** Neither what was said of an image nor what is kept as if it were one. */
function isImage({ platform }: Descriptor, { config }: Document): boolean {
  if (platform?.os === 'unknown' || !config) return false;
  return (
    config.mediaType === undefined ||
    /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\./.test(config.mediaType)
  );
}

/** Two readers must not see two images in one document: it is an index or a manifest, and what its descriptor says that it is. */
function requireOneMeaning(document: Document, { digest, mediaType }: Descriptor): void {
  const isIndex = document.manifests !== undefined;
  if (isIndex && (document.config !== undefined || document.layers !== undefined)) {
    throw new EngineError('invalid', `blob ${digest} is ambiguous: it is a manifest and an index`);
  }
  for (const type of [mediaType, document.mediaType]) {
    if (type === undefined || isIndexType(type) === isIndex) continue;
    throw new EngineError('invalid', `blob ${digest} is not of its media type ${JSON.stringify(type)}`);
  }
}

/** Docker's own annotation, or the specification's where it is more than a tag. */
function namesOf({ annotations }: Descriptor): Reference[] {
  const own = annotations?.['io.containerd.image.name'];
  const name = own ?? annotations?.['org.opencontainers.image.ref.name'] ?? '';
  return own === undefined && !/[:/]/.test(name) ? [] : [parseReference(name)];
}

function descriptors(value: unknown): Descriptor[] {
  const list = value ?? [];
  if (!Array.isArray(list)) throw new EngineError('invalid', 'invalid index: not a list of descriptors');
  return list as Descriptor[];
}
