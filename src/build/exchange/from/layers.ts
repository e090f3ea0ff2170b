import { createReadStream } from 'node:fs';
import { decompressed, type StackLayer } from '../../../image/index.ts';
import { crashpoint } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import type { OfferedLayer } from './offers.ts';
import type { Place } from './place.ts';

type Rooms = Pick<Context, 'store' | 'snapshots' | 'images'>;

/**
 * Brings layers here, lowest first, and unpacks those that are not there; until `use` is done with them nobody takes them away. Bytes
 * that are not what their digests say are refused.
 */
export async function withLayers<T>(
  context: Rooms,
  { place, layers }: { place: Place; layers: OfferedLayer[] },
  use: (stack: StackLayer[]) => T | Promise<T>,
): Promise<T> {
  const lease = context.images.lease();
  try {
    const stack: StackLayer[] = [];
    for (const layer of layers) {
      lease.hold(`blob:${layer.blob}`);
      lease.hold(`layer:${layer.diffId}`);
      const parents = stack.map(({ diffId }) => diffId);
      stack.push(await bring(context, place, { layer, parents }));
    }
    return await use(stack);
  } finally {
    await lease.release();
  }
}

async function bring(
  { store: { blobs }, snapshots }: Rooms,
  place: Place,
  { layer, parents }: { layer: OfferedLayer; parents: string[] },
): Promise<StackLayer> {
  const { diffId, blob } = layer;
  if (!blobs.has(blob)) {
    await place.blob(blob, (bytes) => blobs.ingest(bytes, { digest: blob }));
    crashpoint('build.brought');
  }
  if (!snapshots.hasLayer(diffId, parents)) {
    const tar = decompressed(createReadStream(blobs.path(blob), { highWaterMark: 1 << 20 }));
    await snapshots.applyLayer({ diffId, parents, tar });
    crashpoint('build.unpacked');
  }
  return { diffId, blob, size: snapshots.layerSize(diffId, parents) };
}
