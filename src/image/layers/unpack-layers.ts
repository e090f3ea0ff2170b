import { createReadStream } from 'node:fs';
import type { Snapshots } from '../../snapshot/index.ts';
import type { Blobs } from '../../store/index.ts';
import { decompressed } from './compression.ts';

/** More would not be faster, and each takes its megabytes. */
export const AT_ONCE = 3;

export interface LayerSource {
  diffId: string;
  /** The digest of its bytes as they came. */
  blob: string;
}

/**
 * Unpacks the layers of an image (lowest first) from their blobs, several at a time, and returns the bytes of files in each.
 * `onBytes` hears how many bytes of a layer's blob were read.
 */
export async function unpackLayers(
  at: { blobs: Blobs; snapshots: Snapshots },
  layers: LayerSource[],
  onBytes: (index: number, count: number) => void = () => undefined,
): Promise<number[]> {
  const sizes: number[] = [];
  let next = 0;
  let failed = false;
  // The lower layers begin first: a layer may have to wait for those below it.
  const worker = async () => {
    while (next < layers.length && !failed) {
      const index = next++;
      const layer = layers[index];
      if (!layer) return;
      const parents = layers.slice(0, index).map((below) => below.diffId);
      const tar = layerBytes(at.blobs, layer.blob, (count) => onBytes(index, count));
      try {
        sizes[index] = (await at.snapshots.applyLayer({ diffId: layer.diffId, parents, tar })).size;
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return sizes;
}

/** The tar in a blob, decompressed. */
export function layerBytes(
  blobs: Blobs,
  digest: string,
  onBytes: (count: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  async function* counted() {
    for await (const chunk of createReadStream(blobs.path(digest), { highWaterMark: 1 << 20 })) {
      onBytes(chunk.length);
      yield chunk as Uint8Array;
    }
  }
  return decompressed(counted());
}
