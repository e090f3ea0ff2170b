import { EngineError } from '../../../kit/index.ts';
import { hostPlatform, type ImageConfig, isDigest, platformMatches } from '../../../oci/index.ts';
import {
  type CacheConfig,
  type CacheManifest,
  type CacheRecord,
  cacheConfigType,
  inlineField,
  type RecordNote,
} from '../format.ts';
import { documentIn, type Place } from './place.ts';

/** An outcome that a place has: its layers, lowest first. */
export interface Offer {
  key: string;
  layers: OfferedLayer[];
  createdAt?: string;
  note?: RecordNote;
}

export interface OfferedLayer {
  diffId: string;
  blob: string;
  createdAt?: string;
}

export interface Offers {
  place: Place;
  records: Offer[];
  /** Blobs of cache mounts, by the mounts' names. */
  mounts: Map<string, string>;
}

/** What a place offers: a cache, or an image with a cache in it. */
export async function offersOf(place: Place): Promise<Offers> {
  const root = await place.root();
  const descriptor = [root.config, ...(root.manifests ?? [])].find((one) => one?.mediaType === cacheConfigType);
  if (!descriptor) return { place, records: await inlineOffers(place, root), mounts: new Map() };
  const config = await documentIn<CacheConfig>(place, descriptor.digest);
  const mounts = list(config.tug?.mounts).map(({ name, blob }): [string, string] => [name, blob]);
  return { place, records: offered(config), mounts: new Map(mounts) };
}

/** The records in an image's config are of the image's own layers. */
async function inlineOffers(place: Place, root: CacheManifest): Promise<Offer[]> {
  const { manifests } = root;
  const fitting = manifests?.find(({ platform }) => platform && platformMatches(platform, hostPlatform()));
  const manifest = fitting ? await place.manifest(fitting.digest) : root;
  if (!manifest.config) return [];
  const image = await documentIn<ImageConfig & { [inlineField]?: string }>(place, manifest.config.digest);
  return inlineOf(
    image,
    list(manifest.layers).map(({ digest }) => digest),
  );
}

/** What an image offers of its own layers, the bytes of which are in those blobs. */
export function inlineOf(image: ImageConfig & { [inlineField]?: string }, blobs: string[]): Offer[] {
  const text = image[inlineField];
  if (text === undefined) return [];
  const records = JSON.parse(Buffer.from(text, 'base64').toString()) as CacheRecord[];
  const layers = image.rootfs.diff_ids.map((diffID, index) => ({
    blob: blobs[index] ?? '',
    parent: index - 1,
    annotations: { diffID },
  }));
  return offered({ layers, records });
}

function offered({ layers, records }: CacheConfig): Offer[] {
  const all = list(layers);
  return list(records).flatMap((record) => {
    const result = record.results?.[0];
    const chain = record.chains?.[0];
    const places = result ? below(all, result.layer) : chain?.layers;
    if (!places || places.length === 0 || typeof record.digest !== 'string') return [];
    const found = places.map((place) => layerAt(all, place));
    const createdAt = result?.createdAt ?? chain?.createdAt;
    return [
      { key: record.digest, layers: found, ...(createdAt && { createdAt }), ...(record.tug && { note: record.tug }) },
    ];
  });
}

/** The places of a layer and of all below it, lowest first. */
function below(layers: CacheConfig['layers'], top: number): number[] {
  const places: number[] = [];
  for (let at = top; at >= 0; at = layers[at]?.parent ?? -1) {
    if (places.includes(at)) throw new EngineError('invalid', 'the layers of the cache stand on each other');
    places.unshift(at);
  }
  return places;
}

function layerAt(layers: CacheConfig['layers'], place: number): OfferedLayer {
  const { blob, annotations } = layers[place] ?? {};
  const diffId = annotations?.diffID;
  if (blob === undefined || diffId === undefined || !isDigest(blob) || !isDigest(diffId)) {
    throw new EngineError('invalid', 'a layer of the cache has no digest');
  }
  return { diffId, blob, ...(annotations?.createdAt && { createdAt: annotations.createdAt }) };
}

function list<T>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value : [];
}
