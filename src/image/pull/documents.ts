import { parseJson } from '../../api/decode/index.ts';
import { asEngineError, EngineError } from '../../kit/index.ts';
import {
  type Descriptor,
  diffIdsOf,
  type ImageConfig,
  type Index,
  isDigest,
  isIndexType,
  type Manifest,
  mediaTypes,
} from '../../oci/index.ts';
import type { FetchedManifest } from '../../registry/index.ts';

/** A document of a registry, looked through as far as one needs to go on. */
export type RemoteDocument =
  | { kind: 'index'; manifests: Descriptor[] }
  | { kind: 'image'; image: RemoteImage }
  | { kind: 'schema1' };

/** An image in a registry: its manifest, that of one platform. */
export interface RemoteImage {
  manifest: FetchedManifest;
  config: Descriptor;
  /** Lowest first. */
  layers: Descriptor[];
}

const known: string[] = [
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
];

/** What a registry gave; what is no manifest is refused in Docker's words. */
export function readDocument(fetched: FetchedManifest): RemoteDocument {
  if (fetched.mediaType === '') throw new EngineError('internal', 'missing or empty Content-Type header');
  const isKnown = known.includes(fetched.mediaType);
  const document = objectIn(fetched.bytes, isKnown ? '' : 'error unmarshalling content: ');
  const type = isKnown ? fetched.mediaType : ownType(document);
  if (type === undefined) return { kind: 'schema1' };
  const { mediaType = type } = document;
  if (mediaType !== type) {
    throw new EngineError('internal', `mediaType in manifest should be '${type}' not '${String(mediaType)}'`);
  }
  if (isIndexType(type)) {
    const { manifests } = document as Partial<Index>;
    return { kind: 'index', manifests: Array.isArray(manifests) ? manifests : [] };
  }
  const { config, layers } = document as unknown as Partial<Manifest>;
  if (type === mediaTypes.dockerManifest) checkClass(config?.mediaType ?? '');
  const list = Array.isArray(layers) ? layers : [];
  return {
    kind: 'image',
    image: { manifest: { ...fetched, mediaType: type }, config: checked(config), layers: list.map(checked) },
  };
}

/** Registries that know no types say `application/json`. */
function ownType({ mediaType, schemaVersion }: Record<string, unknown>): string | undefined {
  if (schemaVersion === 1 || typeof mediaType !== 'string') return undefined;
  if (known.includes(mediaType)) return mediaType;
  throw new EngineError('internal', `unsupported manifest media type and no default available: ${mediaType}`);
}

function objectIn(bytes: Uint8Array, about: string): Record<string, unknown> {
  const text = Buffer.from(bytes).toString();
  try {
    parseJson(text);
  } catch (error) {
    throw new EngineError('internal', `${about}${goWords(error)}`, error);
  }
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new EngineError('internal', `${about}json: cannot unmarshal into Go value of type struct`);
  }
  return document as Record<string, unknown>;
}

/** A whole text that ends too early is told otherwise than a stream that does. */
function goWords(error: unknown): string {
  const words = asEngineError(error).message.replace(/^invalid JSON: /, '');
  return words === 'EOF' || words === 'unexpected EOF' ? 'unexpected end of JSON input' : words;
}

function checkClass(type: string): void {
  if ([mediaTypes.dockerConfig, 'application/octet-stream', 'application/json', 'text/html', ''].includes(type)) return;
  const what = type === 'application/vnd.docker.plugin.v1+json' ? 'plugin' : 'unknown';
  throw new EngineError('invalid', `Encountered remote ${JSON.stringify(type)}(${what}) when fetching`);
}

/** A descriptor whose digest and size are ones. */
export function checked(descriptor: Descriptor | undefined | null): Descriptor {
  if (!isDigest(descriptor?.digest)) throw new EngineError('internal', 'invalid checksum digest format');
  if (!Number.isSafeInteger(descriptor.size) || descriptor.size < 0) {
    throw new EngineError('internal', `the size of ${descriptor.digest} in the manifest is no size`);
  }
  return descriptor;
}

const unsupported = (type: string) => new EngineError('internal', `unsupported media type ${type}`);

/** Whether it is an image, not something else that is kept as one. */
export function isImage({ manifest, config }: RemoteImage): boolean {
  const isOci = manifest.mediaType === mediaTypes.ociManifest;
  return !isOci || [mediaTypes.ociConfig, mediaTypes.dockerConfig].some((type) => type === config.mediaType);
}

/** Refuses what is no image of layers to run, and layers that are to come from elsewhere. */
export function checkKinds(image: RemoteImage): void {
  if (!isImage(image)) throw unsupported(image.config.mediaType);
  const { layers } = image;
  for (const { mediaType = '', digest } of layers) {
    if (/foreign|nondistributable/.test(mediaType)) {
      throw new EngineError('internal', `layer ${digest} is a foreign layer (${mediaType}), which is not supported`);
    }
    if (!/^$|tar([.+](gzip|zstd))?$|^application\/octet-stream$/.test(mediaType)) throw unsupported(mediaType);
  }
}

const mismatch = "layers from manifest don't match image configuration";

/** The config of an image that has so many layers. */
export function readConfig(bytes: Uint8Array, layers: number): ImageConfig {
  const config = objectIn(bytes, '') as unknown as ImageConfig;
  const os = config.os || 'linux';
  if (os !== 'linux') {
    const words = `image operating system ${JSON.stringify(os)} cannot be used on this platform`;
    throw new EngineError('internal', `${words}: operating system is not supported`);
  }
  if (!config.rootfs) throw new EngineError('internal', 'invalid rootfs in image configuration');
  const diffIds = diffIdsOf(config);
  if (!Array.isArray(diffIds) || diffIds.length !== layers || !diffIds.every(isDigest)) {
    throw new EngineError('internal', mismatch);
  }
  return config;
}

/** What a layer that is not the config's is told as. */
export function asMismatch(error: unknown): unknown {
  const isDiffId = error instanceof EngineError && error.message.startsWith('invalid diffID for layer');
  return isDiffId ? new EngineError('internal', mismatch, error) : error;
}
