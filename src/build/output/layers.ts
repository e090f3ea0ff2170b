import type { StackLayer } from '../../image/index.ts';
import type { StagedBlob } from '../../store/index.ts';
import type { CachedLayer } from '../cache/records.ts';
import type { Build } from '../solve/build.ts';
import type { Result } from '../solve/result.ts';

/** So many are read and hashed side by side. */
const AT_ONCE = 16;

/** The layers of an outcome, lowest first, with their digests. */
export interface OutcomeLayers {
  layers: StackLayer[];
  /** The bytes of those that had none, to be kept. */
  staged: StagedBlob[];
  /** Writes down in the records that they are kept. Idempotent. */
  settle(): void;
}

/** Gives each layer of an outcome its digest; its bytes are to be kept by who asks. */
export async function stagedLayers(build: Build, { record, stack }: Result): Promise<OutcomeLayers> {
  const { snapshots } = build.context;
  const layers: StackLayer[] = [];
  const staged: StagedBlob[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < stack.length; index = next++) {
      const { layer = '', blob, size = 0 } = stack[index] ?? {};
      if (blob !== undefined) layers[index] = { diffId: layer, blob, size };
      else {
        const bytes = await build.packing.stage(stack.slice(0, index + 1).map((one) => one.layer));
        staged.push(bytes);
        layers[index] = { diffId: bytes.digest, blob: bytes.digest, size };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // From below, as a layer may be found by all that it stands on.
  const diffIds = layers.map(({ diffId }) => diffId);
  for (const [index, { layer }] of stack.entries()) {
    if (layer.startsWith('draft:')) snapshots.nameLayer(layer, diffIds.slice(0, index + 1));
  }
  return { layers, staged, settle: () => settle(build, record, layers) };
}

/** The same, with bytes that are kept. */
export async function packedLayers(build: Build, result: Result): Promise<StackLayer[]> {
  const outcome = await stagedLayers(build, result);
  await keepLayers(outcome);
  return outcome.layers;
}

/** Keeps their bytes, and writes that down. Idempotent. */
export async function keepLayers({ staged, settle: settled }: OutcomeLayers): Promise<void> {
  await Promise.all(staged.map((bytes) => bytes.keep()));
  settled();
}

/** Writes down in the records what their layers are called now, all at once. */
function settle(build: Build, record: string | undefined, packed: StackLayer[]): void {
  const { cache } = build.context;
  const layers = [...packed];
  const chain: string[] = [];
  const known = new Map<string, CachedLayer[]>();
  for (let at = record; at !== undefined; at = cache.record(at)?.parent) chain.push(at);
  for (const id of chain) {
    const own = cache.record(id);
    if (!own) continue;
    const mine = layers.splice(layers.length - own.layers.length);
    if (own.layers.every(({ blob }) => blob !== undefined)) continue;
    known.set(
      id,
      mine.map(({ diffId, blob, size }) => ({ layer: diffId, blob, size })),
    );
  }
  if (known.size > 0) cache.settle(known);
}
