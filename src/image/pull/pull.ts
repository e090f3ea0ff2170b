import type { JSONMessage } from '../../api/index.ts';
import { asEngineError, crashpoint, EngineError } from '../../kit/index.ts';
import {
  familiarName,
  familiarString,
  formatPlatform,
  hostPlatform,
  type ImageConfig,
  platformMatches,
  type Reference,
} from '../../oci/index.ts';
import type { Registry, Repository } from '../../registry/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { PullRequest } from '../contract.ts';
import { once } from '../create/new-image.ts';
import { progressOf } from '../progress.ts';
import type { Lease } from '../records/garbage.ts';
import { giveName, type ImageRecord, imagesIn, nameIn, putImage } from '../records/records.ts';
import type { Downloads } from '../transfer/downloads.ts';
import { chooseImage } from './choose.ts';
import { type RemoteImage, readConfig, readDocument } from './documents.ts';
import { pullLayers } from './layers.ts';

interface Pulling extends PullRequest {
  context: Context;
  downloads: Downloads;
  repository: Repository;
  emit: (message: JSONMessage) => void;
}

/** Pulls images; see Images.pull. */
export function pullImages(
  context: Context,
  { registry, downloads }: { registry: Registry; downloads: Downloads },
  request: PullRequest,
): AsyncIterable<JSONMessage> {
  const { reference, credentials, signal } = request;
  const access = { access: 'pull' as const, signal, ...(credentials && { credentials }) };
  return progressOf((emit) =>
    registry.at(reference, access, (repository) => pullAll({ ...request, context, downloads, repository, emit })),
  );
}

async function pullAll(pulling: Pulling): Promise<void> {
  const { context, reference, repository, emit } = pulling;
  const isOne = reference.tag !== undefined || reference.digest !== undefined;
  const references = isOne ? [reference] : (await repository.tags()).map((tag) => ({ ...reference, tag }));
  const pulled: Pulled[] = [];
  for (const one of references) pulled.push(await pullOne(pulling, one));
  const name = isOne ? familiarString(reference) : familiarName(reference);
  const isNew = pulled.some((one) => one.isNew);
  emit({ status: `Status: ${isNew ? 'Downloaded newer image for' : 'Image is up to date for'} ${name}` });
  const [first] = pulled;
  if (isOne && first) warnOfPlatform(pulling, first.config);
  const event = context.store.view((tx) => eventOf(tx, 'pull', first?.id ?? '', familiarName(reference)));
  publishAll(context, [{ ...event, id: name }]);
}

interface Pulled {
  /** The name is new, or another image's now. */
  isNew: boolean;
  id: string;
  config: ImageConfig;
}

async function pullOne(pulling: Pulling, reference: Reference): Promise<Pulled> {
  const { context, repository, emit } = pulling;
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const fetched = await repository.manifest(wanted);
  const document = readDocument(fetched);
  const id = reference.digest === undefined ? wanted : familiarString(reference);
  emit({ status: `Pulling from ${reference.path}`, id });
  const image = await chooseImage(repository, document, { platform: pulling.platform ?? hostPlatform(), reference });
  const lease = context.garbage.lease();
  try {
    for (const { digest } of [image.config, image.manifest, ...image.layers]) lease.hold(`blob:${digest}`);
    const record = (await known(context, image, lease)) ?? (await bringIn(pulling, image, lease));
    emit({ status: `Digest: ${fetched.digest}` });
    crashpoint('image.pull.unpacked');
    const isNew = write(context, { image, record, reference, digest: fetched.digest });
    crashpoint('image.pull.recorded');
    return { isNew, id: image.config.digest, config: record.config };
  } finally {
    await lease.release();
  }
}

/** What is kept of an image that is here whole. */
async function known(context: Context, image: RemoteImage, lease: Lease): Promise<ImageRecord | undefined> {
  const { store, snapshots } = context;
  const record = store.view((tx) => imagesIn(tx).get(image.config.digest));
  if (!record) return undefined;
  const diffIds = record.config.rootfs.diff_ids;
  for (const blob of record.blobs) lease.hold(`blob:${blob}`);
  for (const diffId of diffIds) lease.hold(`layer:${diffId}`);
  const isWhole =
    [image.config.digest, ...record.blobs].every((blob) => store.blobs.has(blob)) &&
    diffIds.every((diffId, index) => snapshots.hasLayer(diffId, diffIds.slice(0, index)));
  return isWhole ? withManifest(context, image, record) : undefined;
}

/** The record with the manifest, where that is of the bytes that are here. */
async function withManifest(context: Context, image: RemoteImage, record: ImageRecord): Promise<ImageRecord> {
  const isSame = record.blobs.join() === image.layers.map(({ digest }) => digest).join();
  if (record.manifest || !isSame) return record;
  const { digest, mediaType, bytes } = image.manifest;
  await context.store.blobs.ingest(once(bytes), { digest });
  return { ...record, manifest: { digest, mediaType } };
}

async function bringIn(pulling: Pulling, image: RemoteImage, lease: Lease): Promise<ImageRecord> {
  const { context, downloads, repository, signal, emit } = pulling;
  const config = fetchConfig(pulling, image, lease);
  config.catch(() => undefined);
  const sizes = await pullLayers(context, downloads, { repository, layers: image.layers, config, signal, emit });
  const blobs = image.layers.map(({ digest }) => digest);
  return withManifest(context, image, { config: await config, blobs, sizes });
}

async function fetchConfig(pulling: Pulling, image: RemoteImage, lease: Lease): Promise<ImageConfig> {
  const { context, downloads, repository, signal } = pulling;
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

interface Written {
  image: RemoteImage;
  record: ImageRecord;
  reference: Reference;
  /** Of what the name stands for: the list, where it is one. */
  digest: string;
}

function write(context: Context, { image, record, reference, digest }: Written): boolean {
  const id = image.config.digest;
  const { domain, path } = reference;
  return context.store.admit((tx) => {
    putImage(tx, id, record);
    const before = nameIn(tx, reference);
    const at = context.clock().toISOString();
    giveName(tx, { domain, path, digest }, { id });
    if (reference.digest === undefined) giveName(tx, reference, before === id ? { id } : { id, at });
    return before !== id;
  });
}

function warnOfPlatform({ platform, reference, emit }: Pulling, config: ImageConfig): void {
  if (!platform || platformMatches(config, platform)) return;
  const [has, asked] = [formatPlatform(config), formatPlatform(platform)];
  const text = `image with reference ${familiarString(reference)} was found but its platform (${has})`;
  emit({ status: `WARNING: ${text} does not match the specified platform (${asked})` });
}
