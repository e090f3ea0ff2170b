import { EngineError } from '../../kit/index.ts';
import {
  type Descriptor,
  formatPlatform,
  hostPlatform,
  type ImageConfig,
  type Index,
  isDigest,
  isIndexType,
  type Manifest,
  parseReference,
  platformMatches,
  type Reference,
} from '../../oci/index.ts';
import type { Spool } from './spool.ts';

/** One image of an archive, its documents checked, its layers not yet unpacked. */
export interface ArchivedImage {
  id: string;
  config: ImageConfig;
  /** Digests of the layers' bytes, lowest first. */
  blobs: string[];
  names: Reference[];
}

/** What is in an archive: by Docker's manifest.json if there is one, otherwise by the index of an OCI layout. */
export async function imagesIn(spool: Spool): Promise<ArchivedImage[]> {
  if (spool.find('manifest.json') === undefined && spool.find('index.json') !== undefined) return ociImages(spool);
  const items = await spool.json(spool.need('manifest.json'));
  if (!Array.isArray(items)) throw new EngineError('invalid', 'invalid manifest.json: it is not a list');
  return Promise.all(items.map((item) => dockerImage(spool, item)));
}

async function dockerImage(spool: Spool, item: unknown): Promise<ArchivedImage> {
  const { Config, RepoTags, Layers } = (item ?? {}) as { Config?: unknown; RepoTags?: unknown; Layers?: unknown };
  if (typeof Config !== 'string') throw new EngineError('invalid', 'invalid manifest.json: an image has no Config');
  const id = spool.need(Config);
  const config = await checkedConfig(spool, id);
  const paths = texts(Layers);
  const names = texts(RepoTags).map((text) => {
    const name = parseReference(text);
    if (name.tag === undefined) throw new EngineError('invalid', `invalid tag ${JSON.stringify(text)}`);
    return name;
  });
  const expected = paths.length;
  const actual = config.rootfs.diff_ids.length;
  if (expected !== actual) {
    throw new EngineError('invalid', `invalid manifest, layers length mismatch: expected ${expected}, got ${actual}`);
  }
  return { id, config, blobs: paths.map((path) => spool.need(path)), names };
}

async function ociImages(spool: Spool): Promise<ArchivedImage[]> {
  const index = (await spool.json(spool.need('index.json'))) as Partial<Index>;
  const images: ArchivedImage[] = [];
  for (const descriptor of descriptors(index.manifests)) {
    const manifest = await manifestOf(spool, descriptor, 0);
    if (!manifest) continue;
    const id = known(spool, manifest.config);
    const config = await checkedConfig(spool, id);
    const blobs = descriptors(manifest.layers).map((layer) => known(spool, layer));
    const expected = blobs.length;
    const actual = config.rootfs.diff_ids.length;
    if (expected !== actual) {
      throw new EngineError('invalid', `invalid manifest, layers length mismatch: expected ${expected}, got ${actual}`);
    }
    const name = descriptor.annotations?.['io.containerd.image.name'];
    images.push({ id, config, blobs, names: name === undefined ? [] : [parseReference(name)] });
  }
  return images;
}

/** The manifest a descriptor leads to; of a list the one for this platform; undefined for what is no image to run. */
async function manifestOf(
  spool: Spool,
  descriptor: Descriptor,
  depth: number,
): Promise<Pick<Manifest, 'config' | 'layers'> | undefined> {
  const document = (await spool.json(known(spool, descriptor))) as Partial<Index & Manifest> | null;
  if (!document || typeof document !== 'object') throw new EngineError('invalid', 'invalid manifest: it is no object');
  requireOneMeaning(document, descriptor);
  if (isIndexType(descriptor.mediaType) || document.manifests) {
    if (depth > 3) throw new EngineError('invalid', 'the index is nested too deeply');
    const platform = hostPlatform();
    const match = descriptors(document.manifests).find(
      (manifest) => (!manifest.platform || platformMatches(manifest.platform, platform)) && spool.has(manifest.digest),
    );
    if (match) return manifestOf(spool, match, depth + 1);
    throw new EngineError('invalid', `no image for ${formatPlatform(platform)} in the archive`);
  }
  if (descriptor.platform?.os === 'unknown' || !document.config) return undefined;
  return { config: document.config, layers: document.layers ?? [] };
}

async function checkedConfig(spool: Spool, id: string): Promise<ImageConfig> {
  const config = (await spool.json(id)) as ImageConfig | null;
  const diffIds = config?.rootfs?.diff_ids;
  if (!config || typeof config !== 'object' || !Array.isArray(diffIds)) {
    throw new EngineError('invalid', 'invalid image JSON, no RootFS key');
  }
  for (const diffId of diffIds) {
    if (!isDigest(diffId)) throw new EngineError('invalid', `invalid diffID ${JSON.stringify(diffId)}`);
  }
  const os = config.os || 'linux';
  if (os !== 'linux') throw new EngineError('invalid', `cannot load ${os} image on linux`);
  return config;
}

/** The digest of a descriptor whose bytes came with the archive and are as many as it says. */
function known(spool: Spool, descriptor: Descriptor): string {
  if (!isDigest(descriptor?.digest)) throw new EngineError('invalid', 'invalid checksum digest format');
  if (!spool.has(descriptor.digest)) {
    throw new EngineError('invalid', `blob ${descriptor.digest} is not in the archive`);
  }
  const { digest, size } = descriptor;
  if (size !== spool.size(digest)) {
    throw new EngineError('invalid', `unexpected size ${spool.size(digest)} of blob ${digest}, expected ${size}`);
  }
  return digest;
}

/** Two readers must not see two images in one document: it is an index or a manifest, and what its descriptor says that it is. */
function requireOneMeaning(document: Partial<Index & Manifest>, { digest, mediaType }: Descriptor): void {
  const isIndex = document.manifests !== undefined;
  if (isIndex && (document.config !== undefined || document.layers !== undefined)) {
    throw new EngineError('invalid', `blob ${digest} is ambiguous: it is a manifest and an index`);
  }
  for (const type of [mediaType, document.mediaType]) {
    if (type === undefined || isIndexType(type) === isIndex) continue;
    throw new EngineError('invalid', `blob ${digest} is not of its media type ${JSON.stringify(type)}`);
  }
}

function texts(value: unknown): string[] {
  const list = value ?? [];
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw new EngineError('invalid', 'invalid manifest.json: not a list of names');
  }
  return list;
}

function descriptors(value: unknown): Descriptor[] {
  const list = value ?? [];
  if (!Array.isArray(list)) throw new EngineError('invalid', 'invalid index: not a list of descriptors');
  return list as Descriptor[];
}
