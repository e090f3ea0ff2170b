import type { JSONMessage } from '../../api/index.ts';
import { crashpoint, EngineError, shortId } from '../../kit/index.ts';
import { familiarString, type Platform, platformMatches } from '../../oci/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import type { ImageEvent } from '../contract.ts';
import { unpackLayers } from '../layers/unpack-layers.ts';
import { progressOf } from '../progress.ts';
import { giveName, putImage } from '../records/records.ts';
import { type ArchivedImage, imagesIn } from './images-in.ts';
import { spoolArchive } from './spool.ts';

type Emit = (message: JSONMessage) => void;

/** How many bytes of a layer pass between two messages. */
const STEP = 512 << 10;

/** Loads all images of an archive, or none. */
export function loadImages(
  context: Context,
  archive: AsyncIterable<Uint8Array>,
  options: { quiet: boolean; platform?: Platform },
): AsyncIterable<JSONMessage> {
  return progressOf(async (emit) => {
    const lease = context.garbage.lease();
    try {
      const spool = await spoolArchive(context.store.blobs, archive, lease.hold);
      crashpoint('image.load.spooled');
      const all = await imagesIn(spool);
      const { platform } = options;
      const images = platform ? all.filter(({ config }) => platformMatches(config, platform)) : all;
      if (images.length === 0 && all.length > 0) {
        // Docker has no word for an archive without that platform.
        emit({});
        return;
      }
      for (const diffId of images.flatMap((image) => image.config.rootfs.diff_ids)) lease.hold(`layer:${diffId}`);
      const sizes: number[][] = [];
      for (const image of images) sizes.push(await unpack(context, image, options.quiet ? () => undefined : emit));
      crashpoint('image.load.unpacked');
      const { events, said } = record(context, images, sizes);
      publishAll(context, events);
      for (const stream of said) emit({ stream });
    } finally {
      await lease.release();
    }
  });
}

async function unpack(context: Context, image: ArchivedImage, emit: Emit): Promise<number[]> {
  const { blobs } = context.store;
  const diffIds = image.config.rootfs.diff_ids;
  const progress = diffIds.map(() => ({ current: 0, said: 0 }));
  const onBytes = (index: number, count: number) => {
    const at = progress[index];
    const total = blobs.size(image.blobs[index] ?? '');
    if (!at) return;
    at.current += count;
    if (at.current - at.said < STEP && at.current < total) return;
    at.said = at.current;
    const progressDetail = { current: at.current, total };
    emit({ id: shortId(diffIds[index] ?? ''), status: 'Loading layer', progressDetail });
  };
  const layers = diffIds.map((diffId, index) => ({ diffId, blob: image.blobs[index] ?? '' }));
  return unpackLayers({ blobs, snapshots: context.snapshots }, layers, onBytes);
}

function record(context: Context, images: ArchivedImage[], sizes: number[][]) {
  return context.store.admit((tx) => {
    const events: ImageEvent[] = [];
    const said: string[] = [];
    for (const [index, { id, config, blobs, names }] of images.entries()) {
      putImage(tx, id, { config, blobs, sizes: sizes[index] ?? [] });
      for (const name of names) {
        const before = giveName(tx, name, { id });
        if (before !== undefined) {
          said.push(
            `The image ${familiarString(name)} already exists, renaming the old one with ID ${before} to empty string\n`,
          );
        }
        said.push(`Loaded image: ${familiarString(name)}\n`);
      }
      if (names.length === 0) said.push(`Loaded image ID: ${id}\n`);
      events.push(eventOf(tx, 'load', id));
    }
    if (images.length === 0) throw new EngineError('invalid', 'no image in the archive');
    return { events, said };
  });
}
