import { createHasher, EngineError } from '../../kit/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { layerBytes } from '../layers/unpack-layers.ts';
import { imagesIn } from '../records/records.ts';
import type { ArchivedImage } from './archived.ts';

/**
 * Refuses an image that names a layer beside a blob which is another. `unpacked` tells what came of a blob that was unpacked already; a layer
 * that is not there yet is checked when it is unpacked.
 */
export async function requireLayersOfBlobs(
  context: Context,
  { config, blobs }: ArchivedImage,
  unpacked: ReadonlyMap<string, string>,
): Promise<void> {
  const diffIds = config.rootfs.diff_ids;
  for (const [index, diffId] of diffIds.entries()) {
    const blob = blobs[index] ?? '';
    let actual = blob === diffId ? diffId : unpacked.get(blob);
    if (actual === undefined && !context.snapshots.hasLayer(diffId, diffIds.slice(0, index))) continue;
    if (actual === undefined && context.store.view((tx) => isPair(tx, blob, diffId))) continue;
    actual ??= await diffIdOf(context, blob);
    if (actual === diffId) continue;
    const difference = `expected ${JSON.stringify(diffId)}, got ${JSON.stringify(actual)}`;
    throw new EngineError('invalid', `invalid diffID for layer ${index}: ${difference}`);
  }
}

/** An image that is here has them side by side: that was checked then. */
function isPair(tx: Tx, blob: string, diffId: string): boolean {
  const images = imagesIn(tx).all();
  return images.some(({ document: { blobs, config } }) =>
    blobs.some((other, index) => other === blob && config.rootfs.diff_ids[index] === diffId),
  );
}

async function diffIdOf({ store }: Context, blob: string): Promise<string> {
  const hashing = createHasher().begin();
  try {
    for await (const bytes of layerBytes(store.blobs, blob)) await hashing.update(bytes);
    return `sha256:${await hashing.digest()}`;
  } finally {
    hashing.close();
  }
}
