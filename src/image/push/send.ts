import type { JSONMessage } from '../../api/index.ts';
import { asEngineError, shortId } from '../../kit/index.ts';
import { type Descriptor, mediaTypes } from '../../oci/index.ts';
import { isTemporary } from '../../registry/index.ts';
import { compressionOf } from '../layers/compression.ts';
import { createBar } from '../progress.ts';
import type { ImageRecord } from '../records/records.ts';
import type { Pushing } from './pushing.ts';
import { sendBlob, sendCompressed } from './upload.ts';

const attemptsMost = 5;
/** How many other repositories a blob is asked of. */
const mountsMost = 3;

/** The layers of an image. */
export function layersOf({ context }: Pushing, record: ImageRecord): Layer[] {
  return record.blobs.map((blob, index) => {
    const diffId = record.config.rootfs.diff_ids[index] ?? '';
    // A manifest that an image came with names the bytes it came with.
    const isAsItIs = record.manifest !== undefined || compressionOf(context.store.blobs.path(blob)) !== '';
    return { blob, id: shortId(diffId), isAsItIs };
  });
}

/** Makes sure that the repository has all layers (lowest first) of an image; what they are called there. */
export async function sendLayers(pushing: Pushing, layers: Layer[]): Promise<Descriptor[]> {
  const { emit, slots, signal } = pushing;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  for (const { id } of layers.toReversed()) say(emit, id, 'Preparing');
  const sent = new Map<string, Promise<Descriptor>>();
  const works = layers.map((layer) => {
    const work =
      sent.get(layer.blob) ??
      slots.run(() => sendLayer({ ...pushing, signal: both }, layer), {
        signal: both,
        onWait: () => say(emit, layer.id, 'Waiting'),
      });
    sent.set(layer.blob, work);
    return work;
  });
  for (const work of works) work.catch((error: unknown) => stop.abort(error));
  const outcomes = await Promise.allSettled(works);
  if (stop.signal.aborted) throw stop.signal.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<Descriptor>).value);
}

function say(emit: (message: JSONMessage) => void, id: string, status: string, progressDetail: object = {}): void {
  emit({ status, progressDetail, id } as JSONMessage);
}

/** A layer to send. */
export interface Layer {
  /** Its bytes as they lie here. */
  blob: string;
  /** What it is called in messages. */
  id: string;
  /** It goes as it lies here; otherwise it is compressed on the way. */
  isAsItIs: boolean;
}

async function sendLayer(pushing: Pushing, layer: Layer): Promise<Descriptor> {
  const { context, pushed, repository, name, emit } = pushing;
  const { blobs } = context.store;
  const isZstd = compressionOf(blobs.path(layer.blob)) === '+zstd';
  const mediaType = isZstd ? `${mediaTypes.ociLayer}+zstd` : mediaTypes.dockerLayer;
  const form = layer.isAsItIs ? { digest: layer.blob, size: blobs.size(layer.blob) } : pushed.compressedOf(layer.blob);
  if (form && (await repository.blobSize(form.digest)) !== undefined) {
    say(emit, layer.id, 'Layer already exists');
    return { mediaType, ...form };
  }
  if (form) {
    for (const from of pushed.holders(form.digest, name).slice(0, mountsMost)) {
      if (!(await mounts(pushing, form.digest, from))) continue;
      say(emit, layer.id, `Mounted from ${from}`);
      return { mediaType, ...form };
    }
  }
  const bar = createBar((status, detail) => say(emit, layer.id, status, detail), blobs.size(layer.blob));
  const tell = (current: number) => bar('Pushing', current);
  const sent = await repeatedly(pushing, layer, () =>
    layer.isAsItIs ? sendBlob(pushing, layer.blob, tell) : sendCompressed(pushing, layer.blob, tell),
  );
  if (!layer.isAsItIs) pushed.keep(layer.blob, sent);
  say(emit, layer.id, 'Pushed');
  return { mediaType, ...sent };
}

/** A registry that begins an upload instead is thanked, and told that it is not needed. */
async function mounts({ repository }: Pushing, digest: string, from: string): Promise<boolean> {
  try {
    const upload = await repository.upload({ digest, from });
    await upload?.cancel();
    return upload === undefined;
  } catch (error) {
    // Who may not read there uploads.
    if (['unauthorized', 'forbidden', 'notFound'].includes(asEngineError(error).kind)) return false;
    throw error;
  }
}

async function repeatedly<T>({ signal, emit }: Pushing, { id }: Layer, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === attemptsMost || !isTemporary(error)) throw error;
      for (let left = attempt * 5; left > 0; left--) {
        say(emit, id, `Retrying in ${left} second${left === 1 ? '' : 's'}`);
        await Bun.sleep(1000);
        signal.throwIfAborted();
      }
    }
  }
}

/** Makes sure that the repository has an image's config. */
export async function sendConfig(pushing: Pushing, id: string): Promise<void> {
  if ((await pushing.repository.blobSize(id)) !== undefined) return;
  await sendBlob(pushing, id, () => undefined);
}
