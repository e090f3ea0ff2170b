import { createReadStream } from 'node:fs';
import type { StackLayer } from '../../image/index.ts';
import type { ImageHistory } from '../../oci/index.ts';
import type { EvaluatedStage } from '../language/index.ts';
import type { Build } from '../solve/build.ts';

/** The layers of what a stage starts from, and one in place of all others. */
export async function squashed(
  build: Build,
  { stage, layers }: { stage: EvaluatedStage; layers: StackLayer[] },
): Promise<StackLayer[]> {
  const { snapshots, store } = build.context;
  const count = baseLayers(stage);
  if (layers.length <= count) return layers;
  const base = layers.slice(0, count);
  const below = base.map(({ diffId }) => diffId);
  const tar = snapshots.packDifference(
    layers.map(({ diffId }) => diffId),
    below,
  );
  const { digest: diffId } = await store.blobs.ingest(tar);
  const bytes = createReadStream(store.blobs.path(diffId), { highWaterMark: 1 << 20 });
  const { size } = await snapshots.applyLayer({ diffId, parents: below, tar: bytes });
  return [...base, { diffId, blob: diffId, size }];
}

/** How many layers come with the image that a stage, or the stage it starts from, starts from. */
function baseLayers({ base }: EvaluatedStage): number {
  if (base.kind === 'stage') return baseLayers(base.stage);
  return base.kind === 'image' ? (base.resolved.config?.rootfs.diff_ids.length ?? 0) : 0;
}

/** Of a squashed image's layers only the last is new; what made it is told of as if it were empty. */
export function squashedHistory(history: ImageHistory[], layers: number): ImageHistory[] {
  let left = layers - 1;
  const kept = history.map((item) => (item.empty_layer || left-- > 0 ? item : { ...item, empty_layer: true }));
  const created = history.at(-1)?.created;
  return [...kept, { ...(created !== undefined && { created }), comment: 'squashed layers' }];
}
