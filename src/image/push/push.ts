import type { JSONMessage } from '../../api/index.ts';
import { crashpoint, EngineError, shortId } from '../../kit/index.ts';
import { type Descriptor, digestOf, familiarName, familiarString } from '../../oci/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Blobs } from '../../store/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { PushRequest } from '../contract.ts';
import { progressOf } from '../progress.ts';
import { imagesOfIndex, isPart } from '../records/indexes.ts';
import { findImage, giveName, nameIn, namesInRepository, requireWhole } from '../records/records.ts';
import type { Slots } from '../transfer/slots.ts';
import { type Manifested, manifestFor } from './manifest.ts';
import { blobsOfPlan, type ImagePlan, type ListPlan, type Plan, planFor } from './plan.ts';
import { createPushedLayers } from './pushed.ts';
import type { Pushing } from './pushing.ts';
import { layersOf, sendConfig, sendLayers } from './send.ts';

/** Pushes images; see Images.push. */
export function pushImages(
  context: Context,
  { registry, slots }: { registry: Registry; slots: Slots },
  request: PushRequest,
): AsyncIterable<JSONMessage> {
  const { reference, credentials, signal } = request;
  const { domain, path } = reference;
  const access = { access: 'push' as const, signal, ...(credentials && { credentials }) };
  return progressOf(async (emit) => {
    emit({ status: `The push refers to repository [${domain}/${path}]` });
    const plans = plansFor(context, request);
    const pushed = createPushedLayers(context.store);
    await registry.at({ domain, path }, access, async (repository) => {
      const pushing = { context, repository, name: reference, slots, pushed, signal, emit };
      for (const plan of plans) await pushOne(pushing, plan);
    });
    const event = context.store.view((tx) => eventOf(tx, 'push', plans[0]?.id ?? '', familiarName(reference)));
    publishAll(context, [{ ...event, id: familiarString(reference) }]);
  });
}

/** What is pushed: one tag, or all that the repository has here. */
function plansFor({ store }: Context, { reference, platform }: PushRequest): Plan[] {
  if (reference.digest !== undefined) throw new EngineError('invalid', 'cannot push a digest reference');
  const missing = `An image does not exist locally with the tag: ${familiarName(reference)}`;
  return store.view((tx) => {
    const all = namesInRepository(tx, reference).filter(({ name }) => name.digest === undefined);
    if (all.length === 0) throw new EngineError('notFound', missing);
    const wanted = reference.tag === undefined ? all : all.filter(({ name }) => name.tag === reference.tag);
    if (wanted.length === 0) {
      throw new EngineError('notFound', `tag does not exist: ${familiarString(reference)}`);
    }
    return wanted.map(({ name }) => planFor(tx, name, platform));
  });
}

async function pushOne(pushing: Pushing, plan: Plan): Promise<void> {
  const { context, repository, emit } = pushing;
  const lease = context.garbage.lease();
  try {
    for (const blob of blobsOfPlan(plan)) lease.hold(`blob:${blob}`);
    if (plan.kind === 'image' && plan.instead) {
      emit({ progressDetail: {}, aux: { manifestPushedInsteadOfIndex: true, ...plan.instead } } as JSONMessage);
    }
    const { mediaType, bytes } = plan.kind === 'list' ? await sendList(pushing, plan) : await sendImage(pushing, plan);
    const tag = plan.name.tag ?? 'latest';
    await repository.putManifest(tag, { mediaType, bytes });
    crashpoint('image.push.sent');
    const digest = digestOf(bytes);
    remember(context, plan, digest);
    emit({ status: `${tag}: digest: ${digest} size: ${bytes.length}` });
    emit({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: bytes.length } } as JSONMessage);
  } finally {
    await lease.release();
  }
}

/** Sends all of an image but its manifest. */
async function sendImage(pushing: Pushing, { id, record, manifest }: Plan & ImagePlan): Promise<Manifested> {
  requireWhole(id, record);
  const whole = { ...record, ...(manifest && { manifest }) };
  const layers = await sendLayers(pushing, layersOf(pushing, whole));
  const made = await manifestFor(pushing.context, id, whole, layers);
  await sendConfig(pushing, id);
  return made;
}

/** Sends all that a list names, as it came; the list itself is left to the caller. */
async function sendList(pushing: Pushing, { index, list }: ListPlan): Promise<Manifested> {
  const { context, repository } = pushing;
  const { blobs } = context.store;
  context.store.view((tx) => {
    for (const id of imagesOfIndex(list)) requireWhole(id, findImage(tx, id).record);
  });
  for (const { descriptor, blobs: [config = '', ...layers] = [] } of list.entries) {
    await sendLayers(
      pushing,
      layers.map((blob) => ({ blob, id: shortId(blob), isAsItIs: true })),
    );
    await sendConfig(pushing, config);
    await repository.putManifest(descriptor.digest, await asItCame(blobs, descriptor));
  }
  for (const nested of list.nested) await repository.putManifest(nested.digest, await asItCame(blobs, nested));
  return asItCame(blobs, { mediaType: list.mediaType, digest: index });
}

async function asItCame(
  blobs: Blobs,
  { mediaType, digest }: Pick<Descriptor, 'mediaType' | 'digest'>,
): Promise<Manifested> {
  return { mediaType, bytes: await blobs.read(digest) };
}

/** The image is known by that digest now, if it still has the tag. */
function remember({ store }: Context, { name, id, ...plan }: Plan, digest: string): void {
  store.update((tx) => {
    const { domain, path } = name;
    const now = nameIn(tx, name);
    const isSame = now?.image === id || (now?.index !== undefined && now.index === plan.index);
    const index = plan.kind === 'list' ? plan.index : undefined;
    // One platform of several is known by the others' name.
    if (isSame && !isPart(tx, id)) giveName(tx, { domain, path, digest }, { id, index });
  });
}
