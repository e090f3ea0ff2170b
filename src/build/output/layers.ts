import type { StackLayer } from '../../image/index.ts';
import { crashpoint } from '../../kit/index.ts';
import type { CachedLayer } from '../cache/records.ts';
import type { Build } from '../solve/build.ts';
import type { Result } from '../solve/result.ts';

/** They wait for the disk together. */
const AT_ONCE = 16;

/** Gives each layer of an outcome its digest and its bytes, several side by side; lowest first. */
export async function packedLayers(build: Build, { record, stack }: Result): Promise<StackLayer[]> {
  const { snapshots } = build.context;
  const names = stack.map(({ layer }) => layer);
  const packed: StackLayer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < stack.length) {
      const index = next++;
      const layer = stack[index];
      if (!layer) return;
      packed[index] = await packed1(build, { layer, below: names.slice(0, index) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // From below, as a layer may be found by all that it stands on.
  const diffIds = packed.map(({ diffId }) => diffId);
  for (const [index, { layer }] of stack.entries()) {
    if (layer.startsWith('draft:')) snapshots.nameLayer(layer, diffIds.slice(0, index + 1));
  }
  settle(build, record, packed);
  return packed;
}

async function packed1(build: Build, { layer, below }: { layer: CachedLayer; below: string[] }): Promise<StackLayer> {
  const { snapshots, store } = build.context;
  if (layer.blob !== undefined) return { diffId: layer.layer, blob: layer.blob, size: layer.size };
  const { digest } = await store.blobs.ingest(snapshots.packLayer([...below, layer.layer]));
  crashpoint('build.packed');
  return { diffId: digest, blob: digest, size: layer.size };
}

/** Writes down in the records what their layers are called now. */
function settle(build: Build, record: string | undefined, packed: StackLayer[]): void {
  const { cache } = build.context;
  const layers = [...packed];
  const chain: string[] = [];
  for (let at = record; at !== undefined; at = cache.record(at)?.parent) chain.push(at);
  for (const id of chain) {
    const own = cache.record(id);
    if (!own) continue;
    const mine = layers.splice(layers.length - own.layers.length);
    if (own.layers.every(({ blob }) => blob !== undefined)) continue;
    cache.settle(
      id,
      mine.map(({ diffId, blob, size }) => ({ layer: diffId, blob, size })),
    );
  }
}
