import { EngineError } from '../../kit/index.ts';
import {
  type Descriptor,
  formatPlatform,
  type ImageConfig,
  type Index,
  isDigest,
  isIndexType,
  type Manifest,
  mediaTypes,
  type Platform,
  platformMatches,
} from '../../oci/index.ts';
import type { FetchedManifest, Repository } from '../../registry/index.ts';

/** An image in a registry: its manifest, that of one platform. */
export interface RemoteImage {
  manifest: FetchedManifest;
  config: Descriptor;
  /** Lowest first. */
  layers: Descriptor[];
}

const deepest = 3;

/** The manifest that a fetched document is or leads to; of a list the one for the platform. */
export async function imageIn(
  repository: Repository,
  fetched: FetchedManifest,
  platform: Platform,
  depth = 0,
): Promise<RemoteImage> {
  const document = parsed(fetched);
  const type = typeOf(fetched, document);
  if (isIndexType(type)) {
    if (depth === deepest) throw new EngineError('internal', 'the manifest list is nested too deeply');
    const chosen = choose(document as unknown as Index, platform);
    return imageIn(repository, await repository.manifest(chosen.digest), platform, depth + 1);
  }
  const manifest = document as unknown as Manifest;
  const config = checked(manifest.config);
  if (!Array.isArray(manifest.layers)) throw new EngineError('internal', 'the manifest has no layers');
  const layers = manifest.layers.map(checked);
  checkKinds(config, layers);
  return { manifest: { ...fetched, mediaType: type }, config, layers };
}

function parsed({ bytes }: FetchedManifest): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch {
    // As good as one that is no object.
  }
  throw new EngineError('internal', 'the manifest is not a JSON object');
}

const known: string[] = [
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
];

/** By the registry's word and the document's own, which must not differ. */
function typeOf({ mediaType }: FetchedManifest, document: Record<string, unknown>): string {
  const own = document.mediaType;
  if (document.schemaVersion === 1 || mediaType.startsWith('application/vnd.docker.distribution.manifest.v1')) {
    throw new EngineError('invalid', schema1Words);
  }
  if (known.includes(mediaType)) {
    if (own !== undefined && own !== mediaType) {
      throw new EngineError('internal', `mediaType in manifest should be '${mediaType}' not '${String(own)}'`);
    }
    return mediaType;
  }
  if (typeof own === 'string' && known.includes(own)) return own;
  throw new EngineError('internal', `unsupported manifest media type and no default available: ${mediaType}`);
}

const schema1Words =
  'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. More information at https://docs.docker.com/go/deprecated-image-specs/';

function choose(index: Index, platform: Platform): Descriptor {
  const entries = Array.isArray(index.manifests) ? index.manifests : [];
  const fitting = entries.filter((entry) => entry?.platform && platformMatches(entry.platform, platform));
  const exact = fitting.find((entry) => (entry.platform?.variant ?? '') === (platform.variant ?? ''));
  const found = exact ?? fitting[0];
  if (found) return checked(found);
  throw new EngineError(
    'notFound',
    `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
  );
}

function checked(descriptor: Descriptor | undefined): Descriptor {
  if (!descriptor || !isDigest(descriptor.digest)) throw new EngineError('invalid', 'invalid checksum digest format');
  if (!Number.isSafeInteger(descriptor.size) || descriptor.size < 0) {
    throw new EngineError('invalid', `the size of ${descriptor.digest} in the manifest is no size`);
  }
  return descriptor;
}

/** What is no image of layers to run is refused, and so are layers that are to come from elsewhere. */
function checkKinds(config: Descriptor, layers: Descriptor[]): void {
  const configs: string[] = [mediaTypes.dockerConfig, mediaTypes.ociConfig, 'application/octet-stream', ''];
  if (!configs.includes(config.mediaType ?? '')) {
    throw new EngineError('internal', `invalid manifest: config of media type ${config.mediaType} is not an image's`);
  }
  for (const { mediaType = '', digest } of layers) {
    if (/foreign|nondistributable/.test(mediaType)) {
      throw new EngineError('unsupported', `layer ${digest} is a foreign layer (${mediaType}): it is not supported`);
    }
    if (mediaType !== '' && !/(\.tar|diff\.tar)([.+](gzip|zstd))?$|^application\/octet-stream$/.test(mediaType)) {
      throw new EngineError('unsupported', `layer ${digest} is of the media type ${mediaType}, which is not supported`);
    }
  }
}

/** The config of an image that has so many layers. */
export function readConfig(bytes: Uint8Array, layers: number): ImageConfig {
  let config: ImageConfig | null;
  try {
    config = JSON.parse(Buffer.from(bytes).toString()) as ImageConfig | null;
  } catch (error) {
    throw new EngineError('internal', 'image config is not JSON', error);
  }
  const diffIds = config?.rootfs?.diff_ids;
  if (!config || typeof config !== 'object' || !Array.isArray(diffIds)) {
    throw new EngineError('internal', 'image config has no rootfs section');
  }
  if (diffIds.length !== layers || !diffIds.every(isDigest)) {
    throw new EngineError('internal', "layers from manifest don't match image configuration");
  }
  if ((config.os || 'linux') !== 'linux') {
    throw new EngineError('internal', 'operating system is not supported');
  }
  return config;
}
