import type { JSONMessage } from '../../api/index.ts';
import { asEngineError, EngineError, shortId } from '../../kit/index.ts';
import type { ImageConfig } from '../../oci/index.ts';
import type { Repository } from '../../registry/index.ts';
import type { Context } from '../context.ts';
import { once } from '../create/new-image.ts';
import type { Lease } from '../records/garbage.ts';
import { type ImageRecord, imagesIn } from '../records/records.ts';
import type { Downloads } from '../transfer/downloads.ts';
import { type RemoteImage, readConfig } from './documents.ts';
import { pullLayers } from './layers.ts';

/** What all parts of one pull work with. */
export interface Bringing {
  context: Context;
  downloads: Downloads;
  repository: Repository;
  signal: AbortSignal;
  emit: (message: JSONMessage) => void;
}

/** Brings an image in, layers unpacked; what is to be written down of it. What is here whole is not fetched. */
export async function bringImage(bringing: Bringing, image: RemoteImage, lease: Lease): Promise<ImageRecord> {
  for (const { digest } of [image.config, image.manifest, ...image.layers]) lease.hold(`blob:${digest}`);
  const record = known(bringing.context, image, lease) ?? (await fetchImage(bringing, image, lease));
  if (isOfManifest(record, image)) await keepManifest(bringing.context, image);
  return withManifest(record, image);
}

/** Brings in, as bytes alone, what is no image for this kind of system: what was said of one, or another system's. */
export async function bringBytes(bringing: Bringing, image: RemoteImage, lease: Lease): Promise<void> {
  const { context, downloads, repository, signal, emit } = bringing;
  const parts = [image.config, ...image.layers];
  for (const { digest } of [image.manifest, ...parts]) lease.hold(`blob:${digest}`);
  const works = parts.map(async (blob) => {
    if (context.store.blobs.has(blob.digest)) return;
    const say = (status: string) => emit({ status, progressDetail: {}, id: shortId(blob.digest) } as JSONMessage);
    say('Pulling fs layer');
    await downloads.fetch({ repository, blob, signal, tell: () => undefined }).done;
    say('Download complete');
  });
  await Promise.all(works);
  await keepManifest(context, image);
}

/** Whether the bytes of an image that is here are those of that manifest. */
export function isOfManifest(record: ImageRecord, image: RemoteImage): boolean {
  return record.blobs.join() === image.layers.map(({ digest }) => digest).join();
}

/** What is kept of an image that is here whole. */
function known({ store, snapshots }: Context, image: RemoteImage, lease: Lease): ImageRecord | undefined {
  const record = store.view((tx) => imagesIn(tx).get(image.config.digest));
  if (!record) return undefined;
  const diffIds = record.config.rootfs.diff_ids;
  for (const blob of record.blobs) lease.hold(`blob:${blob}`);
  for (const diffId of diffIds) lease.hold(`layer:${diffId}`);
  const isWhole =
    [image.config.digest, ...record.blobs].every((blob) => store.blobs.has(blob)) &&
    diffIds.every((diffId, index) => snapshots.hasLayer(diffId, diffIds.slice(0, index)));
  return isWhole ? record : undefined;
}

/** The record with the manifest, where that is of the bytes that are here. */
function withManifest(record: ImageRecord, image: RemoteImage): ImageRecord {
  if (record.manifest || !isOfManifest(record, image)) return record;
  const { digest, mediaType } = image.manifest;
  return { ...record, manifest: { digest, mediaType } };
}

async function keepManifest({ store }: Context, { manifest }: RemoteImage): Promise<void> {
  if (!store.blobs.has(manifest.digest)) await store.blobs.ingest(once(manifest.bytes), { digest: manifest.digest });
}

async function fetchImage(bringing: Bringing, image: RemoteImage, lease: Lease): Promise<ImageRecord> {
  const { context, downloads, repository, signal, emit } = bringing;
  const config = fetchConfig(bringing, image, lease);
  config.catch(() => undefined);
  const sizes = await pullLayers(context, downloads, { repository, layers: image.layers, config, signal, emit });
  return { config: await config, blobs: image.layers.map(({ digest }) => digest), sizes };
}

async function fetchConfig(bringing: Bringing, image: RemoteImage, lease: Lease): Promise<ImageConfig> {
  const { context, downloads, repository, signal } = bringing;
  const { blobs } = context.store;
  await downloads.fetch({ repository, blob: image.config, signal, tell: () => undefined }).done.catch(aboutConfig);
  const config = readConfig(await blobs.read(image.config.digest), image.layers.length);
  for (const diffId of config.rootfs.diff_ids) lease.hold(`layer:${diffId}`);
  return config;
}

function aboutConfig(error: unknown): never {
  const { kind, message, cause } = asEngineError(error);
  const words = message
    .replace('filesystem layer verification', 'image config verification')
    .replace(/^unknown blob$/, 'download failed after attempts=1: $&');
  throw new EngineError(kind, `error pulling image configuration: ${words}`, cause);
}
