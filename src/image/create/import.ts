import type { JSONMessage } from '../../api/index.ts';
import { asEngineError, crashpoint, EngineError } from '../../kit/index.ts';
import {
  digestOf,
  hostPlatform,
  type ImageConfig,
  type ImageRunConfig,
  type Platform,
  parsePlatform,
  type Reference,
} from '../../oci/index.ts';
import { applyChanges } from '../changes/apply-changes.ts';
import { type Context, eventOf, publishAll, tagIn } from '../context.ts';
import type { Images } from '../contract.ts';
import { ingestLayer, type NewLayer } from '../layers/ingest-layer.ts';
import { progressOf } from '../progress.ts';
import { putImage } from '../records/records.ts';
import { nameFor, once, wholeRunConfig } from './new-image.ts';

type ImportOptions = Parameters<Images['import']>[1];

/** Makes an image of one layer out of a file system's tar. */
export function importImage(
  context: Context,
  tar: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): AsyncIterable<JSONMessage> {
  return importOpened(context, async () => ({ tar, source: options.source }), options);
}

/** The same of a tar that is opened once everything else that was asked for makes sense. */
export function importOpened(
  context: Context,
  open: (emit: (message: JSONMessage) => void) => Promise<{ tar: AsyncIterable<Uint8Array>; source: string }>,
  options: Omit<ImportOptions, 'source'>,
): AsyncIterable<JSONMessage> {
  return progressOf(async (emit) => {
    const name = nameFor(options.repository, options.tag);
    const platform = options.platform ? parsePlatform(options.platform) : hostPlatform();
    if (platform.os !== 'linux') throw new EngineError('invalid', 'operating system is not supported');
    const run = applyChanges(options.changes);
    const { tar, source } = await open(emit);
    const lease = context.garbage.lease();
    try {
      const layer = await takeIn(context, tar, lease.hold);
      const created = context.clock().toISOString();
      const comment = options.message || `Imported from ${source}`;
      const config = configOf({ platform, run, created, comment, diffId: layer.diffId });
      const text = Buffer.from(JSON.stringify(config));
      lease.hold(`blob:${digestOf(text)}`);
      const { digest: id } = await context.store.blobs.ingest(once(text));
      crashpoint('image.import.ingested');
      publishAll(context, record(context, id, { config, layer, name }));
      emit({ status: id });
    } finally {
      await lease.release();
    }
  });
}

async function takeIn(
  context: Context,
  tar: AsyncIterable<Uint8Array>,
  hold: (target: string) => void,
): Promise<NewLayer> {
  try {
    return await ingestLayer(context, tar, { parents: [], isTar: false, hold });
  } catch (error) {
    // For Docker a bad archive is the engine's failure here (500), not the request's.
    const { message } = asEngineError(error);
    throw new EngineError('internal', message, error);
  }
}

function record(
  context: Context,
  id: string,
  { config, layer, name }: { config: ImageConfig; layer: NewLayer; name: Reference | undefined },
) {
  return context.store.admit((tx) => {
    putImage(tx, id, { config, blobs: [layer.blob], sizes: [layer.size] });
    const tagged = name ? [tagIn(tx, context, name, { id })] : [];
    return [...tagged, eventOf(tx, 'import', id)];
  });
}

/** As Docker writes it, field by field, empty ones too. */
function configOf(of: {
  platform: Platform;
  run: ImageRunConfig;
  created: string;
  comment: string;
  diffId: string;
}): ImageConfig {
  const { platform, created, comment } = of;
  return {
    architecture: platform.architecture,
    ...(platform.variant ? { variant: platform.variant } : {}),
    comment,
    config: wholeRunConfig(of.run),
    created,
    history: [{ created, comment }],
    os: platform.os,
    rootfs: { type: 'layers', diff_ids: [of.diffId] },
  };
}
