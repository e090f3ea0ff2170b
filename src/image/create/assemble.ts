import { crashpoint, EngineError } from '../../kit/index.ts';
import { digestOf, familiarString, type Platform, parseReference, withDefaultTag } from '../../oci/index.ts';
import { type Context, eventOf, publishAll, tagIn } from '../context.ts';
import type { AssembleRequest, Images } from '../contract.ts';
import { findForPlatform } from '../records/platforms.ts';
import { putImage } from '../records/records.ts';
import { once } from './new-image.ts';

/** See Images.stack. */
export function stackOf(context: Context, reference: string, platform?: Platform): ReturnType<Images['stack']> {
  const { id, record } = context.store.view((tx) => findForPlatform(tx, reference, platform));
  const layers = record.config.rootfs.diff_ids.map((diffId, index) => ({
    diffId,
    blob: record.blobs[index] ?? '',
    size: record.sizes[index] ?? 0,
  }));
  return { id, config: record.config, layers };
}

/** See Images.assemble. */
export async function assembleImage(context: Context, request: AssembleRequest): Promise<string> {
  const { config, layers } = request;
  const names = request.names.map(wholeReference);
  const lease = context.garbage.lease();
  try {
    for (const { diffId, blob } of layers) {
      lease.hold(`blob:${blob}`);
      lease.hold(`layer:${diffId}`);
    }
    const text = Buffer.from(JSON.stringify(config));
    lease.hold(`blob:${digestOf(text)}`);
    const described = await context.store.blobs.stage(once(text));
    // They wait for the disk together.
    await Promise.all([described, ...(request.staged ?? [])].map((blob) => blob.keep()));
    const id = described.digest;
    crashpoint('image.assemble.ingested');
    const events = context.store.admit((tx) => {
      putImage(tx, id, { config, blobs: layers.map(({ blob }) => blob), sizes: layers.map(({ size }) => size) });
      request.also?.(tx);
      return [eventOf(tx, 'create', id), ...names.map((name) => tagIn(tx, context, name, { id }))];
    });
    publishAll(context, events);
    return id;
  } finally {
    await lease.release();
  }
}

/** A name that an image can be given, with its tag. */
export function wholeReference(name: string) {
  const parsed = parseReference(name);
  if (parsed.digest !== undefined) {
    throw new EngineError('invalid', `refusing to create a tag with a digest reference: ${familiarString(parsed)}`);
  }
  return withDefaultTag(parsed);
}
