import type { Context } from '../context.ts';
import { decompressed } from './compression.ts';
import { twice } from './twice.ts';

export interface NewLayer {
  blob: string;
  diffId: string;
  size: number;
}

/**
 * Makes a blob of a layer's bytes and unpacks them meanwhile, onto `parents`. `isTar` says that they are not compressed: then they are
 * hashed once. `hold` hears of what is there, also when the other fails; both have ended then.
 */
export async function ingestLayer(
  { store, snapshots }: Pick<Context, 'store' | 'snapshots'>,
  bytes: AsyncIterable<Uint8Array>,
  { parents, isTar, hold }: { parents: string[]; isTar: boolean; hold: (target: string) => void },
): Promise<NewLayer> {
  const [archive, again, leave] = twice(bytes);
  const work = store.blobs.ingest(archive);
  const plain = isTar ? { tar: again, digest: work.then(({ digest }) => digest) } : { tar: decompressed(again) };
  const unpacking = snapshots.applyLayer({ parents, ...plain }).finally(leave);
  const [written, unpacked] = await Promise.allSettled([work, unpacking]);
  if (written.status === 'fulfilled') hold(`blob:${written.value.digest}`);
  if (unpacked.status === 'fulfilled') hold(`layer:${unpacked.value.diffId}`);
  if (written.status === 'rejected') throw written.reason;
  if (unpacked.status === 'rejected') throw unpacked.reason;
  return { blob: written.value.digest, ...unpacked.value };
}
