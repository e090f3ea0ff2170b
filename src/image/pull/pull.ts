import type { JSONMessage } from '../../api/index.ts';
import { crashpoint } from '../../kit/index.ts';
import {
  familiarName,
  familiarString,
  formatPlatform,
  hostPlatform,
  type ImageConfig,
  platformMatches,
  type Reference,
} from '../../oci/index.ts';
import type { FetchedManifest, Registry } from '../../registry/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { PullRequest } from '../contract.ts';
import { once } from '../create/new-image.ts';
import { progressOf } from '../progress.ts';
import type { Lease } from '../records/garbage.ts';
import { isAttestation } from '../records/indexes.ts';
import type { Downloads } from '../transfer/downloads.ts';
import { type Bringing, bringBytes, bringImage, isOfManifest } from './bring.ts';
import { checkKinds, isImage, type RemoteImage, readDocument } from './documents.ts';
import { schema1Refusal } from './schema1.ts';
import { chosenOf, type RemoteEntry, type RemoteTree, readEntry, readTree } from './tree.ts';
import { type Brought, writePulled } from './write.ts';

type Pulling = PullRequest & Bringing;

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
  if (isOne && first) warnOfPlatform(pulling, first.configs);
  const event = context.store.view((tx) => eventOf(tx, 'pull', first?.id ?? '', familiarName(reference)));
  publishAll(context, [{ ...event, id: name }]);
}

interface Pulled {
  /** The name stands for what it did not. */
  isNew: boolean;
  id: string;
  /** Of the images that were asked for. */
  configs: ImageConfig[];
}

async function pullOne(pulling: Pulling, reference: Reference): Promise<Pulled> {
  const { context, repository, emit } = pulling;
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const fetched = await repository.manifest(wanted);
  const document = readDocument(fetched);
  const id = reference.digest === undefined ? wanted : familiarString(reference);
  emit({ status: `Pulling from ${reference.path}`, id });
  if (document.kind === 'schema1') throw schema1Refusal(reference);
  const lease = context.garbage.lease();
  try {
    const tree = document.kind === 'index' ? await readTree(repository, fetched, document.manifests) : undefined;
    const brought = tree
      ? await bringTree(pulling, tree, lease)
      : document.kind === 'image'
        ? [await bringOne(pulling, document.image, { lease })]
        : [];
    emit({ status: `Digest: ${fetched.digest}` });
    crashpoint('image.pull.unpacked');
    const written = writePulled(context, { reference, digest: fetched.digest, brought, ...(tree && { tree }) });
    crashpoint('image.pull.recorded');
    return { ...written, configs: brought.flatMap(({ record }) => (record ? [record.config] : [])) };
  } finally {
    await lease.release();
  }
}

async function bringTree(pulling: Pulling, tree: RemoteTree, lease: Lease): Promise<Brought[]> {
  const { context, repository, platforms = [hostPlatform()] } = pulling;
  const brought: Brought[] = [];
  for (const entry of chosenOf(tree, platforms)) {
    const image = await readEntry(repository, entry);
    if (platforms === 'all' && isForeign(entry, image)) {
      await bringBytes(pulling, image, lease);
      brought.push({ manifest: image, entry, isExact: true });
    } else brought.push(await bringOne(pulling, image, { entry, lease }));
  }
  for (const document of [tree.list, ...tree.nested]) await keep(context, document, lease);
  return brought;
}

/** What of a list has no place among this host's images, and is only kept so that the list is whole. */
function isForeign({ descriptor, platform }: RemoteEntry, image: RemoteImage): boolean {
  return isAttestation(descriptor) || !isImage(image) || (platform?.os !== undefined && platform.os !== 'linux');
}

async function bringOne(
  pulling: Pulling,
  image: RemoteImage,
  { entry, lease }: { entry?: RemoteEntry; lease: Lease },
): Promise<Brought> {
  checkKinds(image);
  const record = await bringImage(pulling, image, lease);
  return { manifest: image, record, isExact: isOfManifest(record, image), ...(entry && { entry }) };
}

async function keep({ store }: Context, { digest, bytes }: FetchedManifest, lease: Lease): Promise<void> {
  lease.hold(`blob:${digest}`);
  if (!store.blobs.has(digest)) await store.blobs.ingest(once(bytes), { digest });
}

function warnOfPlatform({ platforms, reference, emit }: Pulling, configs: ImageConfig[]): void {
  if (platforms === undefined || platforms === 'all') return;
  for (const [index, config] of configs.entries()) {
    const platform = platforms[index];
    if (!platform || platformMatches(config, platform)) continue;
    const [has, asked] = [formatPlatform(config), formatPlatform(platform)];
    const text = `image with reference ${familiarString(reference)} was found but its platform (${has})`;
    emit({ status: `WARNING: ${text} does not match the specified platform (${asked})` });
  }
}
