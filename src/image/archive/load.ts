import type { JSONMessage } from '../../api/index.ts';
import { crashpoint, EngineError, shortId } from '../../kit/index.ts';
import { familiarString, type Platform, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { ImageEvent } from '../contract.ts';
import { unpackLayers } from '../layers/unpack-layers.ts';
import { createBar, progressOf } from '../progress.ts';
import { putIndex } from '../records/indexes.ts';
import { blobsOf, giveName, imagesIn, nameIn, putImage, wholeName } from '../records/records.ts';
import type { Archived, ArchivedImage, ArchivedList } from './archived.ts';
import { archivedIn, ofPlatform } from './archived-in.ts';
import { requireLayersOfBlobs } from './require-layers.ts';
import { spoolArchive } from './spool.ts';
import { createTakeIn } from './take-in.ts';

type Emit = (message: JSONMessage) => void;

/** Loads all images of an archive, or none. */
export function loadImages(
  context: Context,
  archive: AsyncIterable<Uint8Array>,
  options: { quiet: boolean; platform?: Platform },
): AsyncIterable<JSONMessage> {
  return progressOf(async (emit) => {
    const lease = context.garbage.lease();
    try {
      const unpacked = new Map<string, string>();
      const takeIn = createTakeIn(context, lease.hold, (blob, diffId) => unpacked.set(blob, diffId));
      const spool = await spoolArchive(context.store.blobs, archive, takeIn);
      crashpoint('image.load.spooled');
      const all = await archivedIn(spool, context.store.blobs);
      const archived = options.platform ? ofPlatform(all, options.platform) : all;
      const { images } = archived;
      if (images.length === 0 && all.images.length > 0) {
        // Docker has no word for an archive without that platform.
        emit({});
        return;
      }
      for (const diffId of images.flatMap((image) => image.config.rootfs.diff_ids)) lease.hold(`layer:${diffId}`);
      const sizes: number[][] = [];
      for (const image of images) await requireLayersOfBlobs(context, image, unpacked);
      const fresh = new Set(unpacked.values());
      const tell = options.quiet ? () => undefined : emit;
      for (const image of images) sizes.push(await unpack(context, image, { fresh, emit: tell }));
      crashpoint('image.load.unpacked');
      const { events, said } = record(context, archived, sizes);
      publishAll(context, events);
      for (const stream of said) emit({ stream });
    } finally {
      await lease.release();
    }
  });
}

/** `fresh` are the layers that were unpacked while the archive was read, each of which is told of once. */
async function unpack(
  context: Context,
  image: ArchivedImage,
  { fresh, emit }: { fresh: Set<string>; emit: Emit },
): Promise<number[]> {
  const { blobs } = context.store;
  const diffIds = image.config.rootfs.diff_ids;
  const progress = diffIds.map((diffId, index) => {
    const say = (status: string, progressDetail: object) =>
      emit({ id: shortId(diffId), status, progressDetail } as JSONMessage);
    return { current: 0, bar: createBar(say, blobs.size(image.blobs[index] ?? '')) };
  });
  const onBytes = (index: number, count: number) => {
    const at = progress[index];
    if (!at) return;
    at.current += count;
    at.bar('Loading layer', at.current);
  };
  for (const [index, diffId] of diffIds.entries()) {
    if (fresh.delete(diffId)) onBytes(index, blobs.size(image.blobs[index] ?? ''));
  }
  const layers = diffIds.map((diffId, index) => ({ diffId, blob: image.blobs[index] ?? '' }));
  return unpackLayers({ blobs, snapshots: context.snapshots }, layers, onBytes);
}

function record(context: Context, { images, lists }: Archived, sizes: number[][]) {
  return context.store.admit((tx) => {
    const events: ImageEvent[] = [];
    const said: string[] = [];
    if (images.length === 0) throw new EngineError('invalid', 'no image in the archive');
    for (const [index, { id, config, blobs, manifest }] of images.entries()) {
      if (!manifest && isKept(context, tx, id)) continue;
      putImage(tx, id, { config, blobs, sizes: sizes[index] ?? [], ...(manifest && { manifest }) });
    }
    for (const list of lists) {
      const { id, lines } = recordList(tx, list);
      said.push(...lines);
      events.push(eventOf(tx, 'load', id));
    }
    for (const { id, names } of images.filter((image) => !isOnlyIn(lists, image))) {
      const own = names.filter(
        (name) => !lists.some((list) => list.names.some((one) => wholeName(one) === wholeName(name))),
      );
      said.push(...own.flatMap((name) => named(tx, name, { id })));
      if (names.length === 0) said.push(`Loaded image ID: ${id}\n`);
      if (names.length === 0 || own.length > 0) events.push(eventOf(tx, 'load', id));
    }
    return { events, said };
  });
}

/** An image that is here whole with its manifest is not exchanged for one without. */
function isKept({ store }: Context, tx: Tx, id: string): boolean {
  const record = imagesIn(tx).get(id);
  if (!record?.manifest || record.damaged !== undefined) return false;
  return blobsOf(id, record).every((blob) => store.blobs.has(blob));
}

/** Writes a list down under its names. */
function recordList(tx: Tx, { digest, record, names }: ArchivedList): { id: string; lines: string[] } {
  const first = record.entries.find(({ image }) => image !== undefined)?.image ?? '';
  const lines = names.flatMap((name) => named(tx, name, { id: first, index: digest }));
  putIndex(tx, digest, record);
  const [name] = names;
  const id = (name && nameIn(tx, name)?.image) ?? first;
  return { id, lines: names.length > 0 ? lines : [`Loaded image ID: ${id}\n`] };
}

function named(tx: Tx, name: Reference, image: { id: string; index?: string }): string[] {
  const before = giveName(tx, name, image);
  const text = familiarString(name);
  const renamed = `The image ${text} already exists, renaming the old one with ID ${before} to empty string\n`;
  return [...(before === undefined ? [] : [renamed]), `Loaded image: ${text}\n`];
}

/** An image that nobody named in the archive but through a list. */
function isOnlyIn(lists: ArchivedList[], { id, names }: ArchivedImage): boolean {
  return names.length === 0 && lists.some(({ record }) => record.entries.some(({ image }) => image === id));
}
