import { closeFd, openDirectory, openDirectoryAt, usingFd } from '../../host/index.ts';
import type { Compression } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import { type ImageConfig, mediaTypes } from '../../oci/index.ts';
import { packTree } from '../../snapshot/index.ts';
import type { BuildRequest, CacheTarget } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { CacheMount } from '../language/index.ts';
import { cacheMountName } from '../run/cache-mount.ts';
import type { Build } from '../solve/build.ts';
import type { Built } from '../solve/built.ts';
import { type CacheConfig, cacheConfigType, inlineField, mountAnnotation } from './format.ts';
import { createPacking, documentParcel, type Packing, type Parcel } from './to/blobs.ts';
import { type Shipment, sendToClient, sendToRegistry } from './to/places.ts';
import { type Listed, listRecords } from './to/records.ts';

/** Brings the cache of a build to all places that were asked for; what is inline went with the image. */
export async function exportCaches(builds: readonly Built[]): Promise<void> {
  const [first] = builds;
  if (!first) return;
  for (const target of first.build.request.cacheTo) {
    const { type } = target.attributes;
    if (type === 'inline') continue;
    const name = type === 'local' ? 'exporting cache to client directory' : 'exporting cache to registry';
    const vertex = { digest: digestOfParts([name, target.attributes]), name };
    const work = first.build.progress.during(vertex, () => exportCache(builds, first.build, target));
    const isOptional = target.attributes['ignore-error'] === 'true';
    await work.catch((error: unknown) => {
      if (!isOptional || first.build.signal.aborted) throw error;
    });
  }
}

/** Refuses what `--cache-to` cannot be, before anything is built. */
export function checkTargets(targets: readonly CacheTarget[]): void {
  for (const { attributes } of targets) {
    const { type = '', mode = 'min', ref, compression = 'gzip' } = attributes;
    if (!['inline', 'registry', 'local'].includes(type)) {
      throw new EngineError('invalid', `unknown cache exporter: ${JSON.stringify(type)}`);
    }
    if (!['min', 'max'].includes(mode)) throw new EngineError('invalid', `invalid mode: ${mode}`);
    if (type === 'registry' && !ref) throw new EngineError('invalid', 'ref must be specified');
    if (!['gzip', 'zstd', 'uncompressed'].includes(compression)) {
      throw new EngineError('invalid', `unsupported layer compression type: ${compression}`);
    }
  }
}

async function exportCache(builds: readonly Built[], build: Build, target: CacheTarget): Promise<void> {
  const { attributes } = target;
  const packing = createPacking(build.context, compressionOf(attributes));
  try {
    const listed = await listRecords(builds, attributes.mode === 'max');
    const shipment = await shipmentOf(builds, { listed, packing, attributes });
    if (attributes.type === 'local') await sendToClient(target, shipment);
    else await sendToRegistry(build, build.context.registry, { ref: attributes.ref ?? '', shipment });
  } finally {
    packing.close();
  }
}

function compressionOf(attributes: Record<string, string>): Compression & { force: boolean } {
  const level = attributes['compression-level'];
  return {
    type: (attributes.compression as Compression['type'] | undefined) ?? 'gzip',
    ...(level !== undefined && { level: Number(level) }),
    force: attributes['force-compression'] === 'true',
  };
}

async function shipmentOf(
  builds: readonly Built[],
  { listed, packing, attributes }: { listed: Listed; packing: Packing; attributes: Record<string, string> },
): Promise<Shipment> {
  const layers: Parcel[] = [];
  for (const layer of listed.layers) layers.push(await packing.layer(layer));
  const mounts = attributes.mounts === undefined ? [] : await mountParcels(builds, packing, attributes.mounts);
  const config: CacheConfig = {
    layers: listed.layers.map(({ diffId, parent, createdAt }, index) => {
      const { mediaType = '', digest = '', size = 0 } = layers[index]?.descriptor ?? {};
      const annotations = { mediaType, diffID: diffId, size, ...(createdAt !== undefined && { createdAt }) };
      return { blob: digest, parent, annotations };
    }),
    records: listed.records,
    ...(mounts.length > 0 && {
      tug: { mounts: mounts.map(({ name, parcel }) => ({ name, blob: parcel.descriptor.digest })) },
    }),
  };
  const described = documentParcel(cacheConfigType, config);
  const blobs = [...layers, ...mounts.map(({ parcel }) => parcel)];
  return { blobs: [...blobs, described], manifest: manifestOf(blobs, described, attributes['image-manifest']) };
}

/** As an image's manifest, or as older registries' clients know it: as an index of blobs. */
function manifestOf(blobs: Parcel[], config: Parcel, asImage: string | undefined): Parcel {
  const layers = [...new Map(blobs.map(({ descriptor }) => [descriptor.digest, descriptor])).values()];
  const common = { schemaVersion: 2 };
  if (asImage === 'false') {
    const mediaType = mediaTypes.ociIndex;
    return documentParcel(mediaType, { ...common, mediaType, manifests: [...layers, config.descriptor] });
  }
  const mediaType = mediaTypes.ociManifest;
  return documentParcel(mediaType, { ...common, mediaType, config: config.descriptor, layers });
}

/** The cache mounts of a build's steps that are here: `true` for all, otherwise the ids that are wanted. */
async function mountParcels(
  builds: readonly Built[],
  packing: Packing,
  wanted: string,
): Promise<{ name: string; parcel: Parcel }[]> {
  const ids = new Set(wanted.split(';'));
  const parcels: { name: string; parcel: Parcel }[] = [];
  for (const [name, mount] of cacheMountsOf(builds)) {
    if (wanted !== 'true' && !ids.has(mount.id)) continue;
    const parcel = await mountParcel(builds[0]?.build, packing, { name, mount });
    if (parcel) parcels.push({ name, parcel });
  }
  return parcels;
}

function cacheMountsOf(builds: readonly Built[]): Map<string, CacheMount> {
  const steps = builds.flatMap(({ build }) =>
    build.graph.all.flatMap(({ step }) => (step?.kind === 'run' ? [step] : [])),
  );
  const mounts = steps.flatMap((step) => step.mounts.filter((mount) => mount.type === 'cache'));
  return new Map(mounts.map((mount) => [cacheMountName(mount), mount]));
}

async function mountParcel(
  build: Build | undefined,
  packing: Packing,
  { name, mount }: { name: string; mount: CacheMount },
): Promise<Parcel | undefined> {
  if (!build) return undefined;
  const { directories } = build.context;
  const taken = await directories.take(name, 'locked');
  try {
    if (taken.record === undefined) return undefined;
    const fd = usingFd(openDirectory(directories.path(taken.directory)), (at) => openDirectoryAt(at, '.'));
    try {
      const tree = packTree({ from: { directory: fd, name: Buffer.from('.') }, as: '' });
      return await packing.tar(tree, { [mountAnnotation]: mount.id });
    } finally {
      closeFd(fd);
    }
  } finally {
    taken.release();
  }
}

/** Whether an image is to say by which keys its layers are found. */
export function asksInlineCache({ cacheTo, buildArgs }: Pick<BuildRequest, 'cacheTo' | 'buildArgs'>): boolean {
  const isAsked = cacheTo.some(({ attributes }) => attributes.type === 'inline');
  return isAsked || ['1', 'true'].includes(buildArgs.get('BUILDKIT_INLINE_CACHE') ?? '');
}

/** An image's config with the records of its own layers, as `type=inline` and `BUILDKIT_INLINE_CACHE` ask for. */
export async function withInlineCache(built: Built, config: ImageConfig): Promise<ImageConfig> {
  if (!asksInlineCache(built.build.request)) return config;
  const { records, layers } = await listRecords([built], false);
  const places = layers.map((_, place) =>
    config.rootfs.diff_ids.findIndex((_one, at) => isAt({ layers, config }, place, at)),
  );
  const own = records.flatMap(({ digest, results = [], tug }) => {
    const layer = places[results[0]?.layer ?? -1] ?? -1;
    const createdAt = results[0]?.createdAt;
    return layer < 0 ? [] : [{ digest, results: [{ layer, ...(createdAt && { createdAt }) }], ...(tug && { tug }) }];
  });
  return { ...config, [inlineField]: Buffer.from(JSON.stringify(own)).toString('base64') } as ImageConfig;
}

/** Whether a listed layer, with all below it, is the image's layer at a place. */
function isAt(
  { layers, config }: { layers: Listed['layers']; config: ImageConfig },
  place: number,
  at: number,
): boolean {
  let left = at;
  for (let one = place; one >= 0; one = layers[one]?.parent ?? -1) {
    if (layers[one]?.diffId !== config.rootfs.diff_ids[left--]) return false;
  }
  return left === -1;
}
