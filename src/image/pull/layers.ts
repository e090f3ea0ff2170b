import type { JSONMessage } from '../../api/index.ts';
import { EngineError, shortId } from '../../kit/index.ts';
import type { Descriptor, ImageConfig } from '../../oci/index.ts';
import type { Repository } from '../../registry/index.ts';
import type { Context } from '../context.ts';
import { decompressed } from '../layers/compression.ts';
import { AT_ONCE, layerBytes } from '../layers/unpack-layers.ts';
import type { DownloadStep } from '../transfer/download.ts';
import type { Downloads, Fetching } from '../transfer/downloads.ts';
import { createSlots } from '../transfer/slots.ts';
import { asMismatch } from './documents.ts';
import { createLayerWords, type LayerWords } from './words.ts';

type Emit = (message: JSONMessage) => void;

export interface LayersRequest {
  repository: Repository;
  layers: Descriptor[];
  /** Comes once it is there; what it says of the layers was checked to be as many. */
  config: Promise<ImageConfig>;
  signal: AbortSignal;
  emit: Emit;
}

interface Layer {
  descriptor: Descriptor;
  index: number;
  words: LayerWords;
  fetching?: Fetching;
}

/** Brings the layers of an image into the store and unpacks them as they arrive; the bytes of files in each. */
export async function pullLayers(
  context: Context,
  downloads: Downloads,
  { repository, layers, config, signal, emit }: LayersRequest,
): Promise<number[]> {
  const { blobs } = context.store;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const all = layers.map((descriptor, index): Layer => {
    const words = createLayerWords(shortId(descriptor.digest), descriptor.size, emit);
    if (!blobs.has(descriptor.digest)) words.begins();
    return { descriptor, index, words };
  });
  for (const layer of all) {
    if (blobs.has(layer.descriptor.digest)) continue;
    const tell = (step: DownloadStep) => layer.words.tell(step);
    layer.fetching = downloads.fetch({ repository, blob: layer.descriptor, signal: both, tell });
  }
  // In their order: one may have to wait for those below it, which have begun then.
  const turns = createSlots(() => AT_ONCE);
  const works = all.map(async (layer) => {
    const { rootfs } = await config;
    const work = () => bringIn(context, layer, { diffIds: rootfs.diff_ids, signal: both });
    return turns.run(work, { onWait: () => undefined, signal: both });
  });
  const fetched = all.map((layer) => layer.fetching?.done);
  // The first failure ends the others, and is the one that is told.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const watched = [...works, ...fetched].map((work) =>
    Promise.resolve(work).catch((error: unknown) => {
      failed.reject(error);
      stop.abort(error);
    }),
  );
  await Promise.all(watched);
  return Promise.race([Promise.all(works), failed.promise]);
}

async function bringIn(
  { store, snapshots }: Context,
  { descriptor, index, words, fetching }: Layer,
  { diffIds, signal }: { diffIds: string[]; signal: AbortSignal },
): Promise<number> {
  const diffId = diffIds[index] ?? '';
  const parents = diffIds.slice(0, index);
  const isThere = snapshots.hasLayer(diffId, parents);
  if (isThere && !fetching) {
    words.exists();
    return snapshots.layerSize(diffId, parents);
  }
  async function* tar(): AsyncGenerator<Uint8Array> {
    const arriving = await fetching?.arriving;
    if (arriving) yield* decompressed(watched(arriving));
    else {
      await fetching?.done;
      yield* layerBytes(store.blobs, descriptor.digest, words.extracting);
    }
  }
  async function* watched(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of source) {
      signal.throwIfAborted();
      words.extracting(bytes.length);
      yield bytes;
    }
  }
  const { size } = await snapshots.applyLayer({ diffId, parents, tar: tar() }).catch((error: unknown) => {
    throw asMismatch(error);
  });
  await fetching?.done;
  if (!store.blobs.has(descriptor.digest)) {
    throw new EngineError('internal', `blob ${descriptor.digest} has gone while it was pulled`);
  }
  words.complete();
  return size;
}
