import type { JSONMessage } from '../../api/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import { digestOf, familiarName, familiarString, type Reference } from '../../oci/index.ts';
import type { Registry } from '../../registry/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { PushRequest } from '../contract.ts';
import { progressOf } from '../progress.ts';
import {
  blobsOf,
  findImage,
  giveName,
  type ImageRecord,
  nameIn,
  namesInRepository,
  requireWhole,
} from '../records/records.ts';
import type { Slots } from '../transfer/slots.ts';
import { manifestFor } from './manifest.ts';
import { createPushedLayers } from './pushed.ts';
import type { Pushing } from './pushing.ts';
import { sendConfig, sendLayers } from './send.ts';

interface Tagged {
  name: Reference;
  id: string;
  record: ImageRecord;
}

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
    const images = imagesFor(context, reference);
    const pushed = createPushedLayers(context.store);
    await registry.at({ domain, path }, access, async (repository) => {
      const pushing = { context, repository, name: reference, slots, pushed, signal, emit };
      for (const image of images) await pushOne(pushing, image);
    });
    const event = context.store.view((tx) => eventOf(tx, 'push', images[0]?.id ?? '', familiarName(reference)));
    publishAll(context, [{ ...event, id: familiarString(reference) }]);
  });
}

/** What is pushed: one tag, or all that the repository has here. */
function imagesFor({ store }: Context, reference: Reference): Tagged[] {
  if (reference.digest !== undefined) throw new EngineError('invalid', 'cannot push a digest reference');
  const missing = `An image does not exist locally with the tag: ${familiarName(reference)}`;
  return store.view((tx) => {
    const all = namesInRepository(tx, reference).filter(({ name }) => name.digest === undefined);
    if (all.length === 0) throw new EngineError('notFound', missing);
    const wanted = reference.tag === undefined ? all : all.filter(({ name }) => name.tag === reference.tag);
    if (wanted.length === 0) {
      throw new EngineError('notFound', `tag does not exist: ${familiarString(reference)}`);
    }
    return wanted.map(({ name, id }) => ({ name, ...findImage(tx, id) }));
  });
}

async function pushOne(pushing: Pushing, image: Tagged): Promise<void> {
  const { context, repository, emit } = pushing;
  const { id, record, name } = image;
  requireWhole(id, record);
  const lease = context.garbage.lease();
  try {
    for (const blob of blobsOf(id, record)) lease.hold(`blob:${blob}`);
    const layers = await sendLayers(pushing, record);
    const { mediaType, bytes } = await manifestFor(context, id, record, layers);
    await sendConfig(pushing, id);
    const tag = name.tag ?? 'latest';
    await repository.putManifest(tag, { mediaType, bytes });
    crashpoint('image.push.sent');
    const digest = digestOf(bytes);
    remember(context, image, digest);
    emit({ status: `${tag}: digest: ${digest} size: ${bytes.length}` });
    emit({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: bytes.length } } as JSONMessage);
  } finally {
    await lease.release();
  }
}

/** The image is known by that digest now, if it still has the tag. */
function remember({ store }: Context, { name, id }: Tagged, digest: string): void {
  store.update((tx) => {
    if (nameIn(tx, name) === id) giveName(tx, { domain: name.domain, path: name.path, digest }, { id });
  });
}
