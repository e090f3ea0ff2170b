import { digestOf, type ImageConfig } from '../../oci/index.ts';
import { asksInlineCache, withInlineCache } from '../exchange/export.ts';
import type { EvaluatedStage } from '../language/index.ts';
import type { Task } from '../progress.ts';
import type { Build } from '../solve/build.ts';
import type { Built } from '../solve/built.ts';
import type { Result } from '../solve/result.ts';
import { datedHistory, wholeConfig } from './history.ts';
import { keepLayers, stagedLayers } from './layers.ts';
import { squashed, squashedHistory } from './squash.ts';

/** Makes an image of an outcome in this engine. */
export async function exportImage(
  built: Built,
  { task, names }: { task: Task; names: string[] },
): Promise<{ id: string; config: ImageConfig; known: boolean }> {
  const { build, stage, result } = built;
  const { squash } = build.request;
  const packed = await stagedLayers(build, result);
  // What is made of them on the way reads them.
  if (squash || asksInlineCache(build.request)) await keepLayers(packed);
  const layers = squash ? await squashed(build, { stage, layers: packed.layers }) : packed.layers;
  task.part('exporting layers');
  const plain = configOf(build, { stage, result, diffIds: layers.map(({ diffId }) => diffId) });
  const config = await withInlineCache(built, plain);
  const known = isKnown(build, config);
  const id = await build.context.images.assemble({ config, layers, names, staged: packed.staged });
  packed.settle();
  task.part(`writing image ${id}`);
  for (const name of names) task.part(`naming to ${name}`);
  return { id, config, known };
}

function configOf(
  build: Build,
  { stage, result, diffIds }: { stage: EvaluatedStage; result: Result; diffIds: string[] },
): ImageConfig {
  const dated = datedHistory(stage.image.history, layerTimes(build, result));
  const history = build.request.squash ? squashedHistory(dated, diffIds.length) : dated;
  return wholeConfig(stage.image, { history, diffIds });
}

/** When each layer was made, lowest first. */
function layerTimes({ context: { cache } }: Build, { record }: Result): (string | undefined)[] {
  const times: (string | undefined)[] = [];
  for (let at = record; at !== undefined; ) {
    const own = cache.record(at);
    if (!own) break;
    times.unshift(...own.layers.map(() => own.createdAt));
    at = own.parent;
  }
  return times;
}

function isKnown({ context: { images } }: Build, config: ImageConfig): boolean {
  try {
    images.resolve(digestOf(Buffer.from(JSON.stringify(config))));
    return true;
  } catch {
    return false;
  }
}
