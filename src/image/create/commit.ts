import { crashpoint } from '../../kit/index.ts';
import { digestOf, familiarString, type ImageConfig, type ImageHistory } from '../../oci/index.ts';
import { type Context, eventOf, publishAll, tagIn } from '../context.ts';
import type { CommitRequest } from '../contract.ts';
import { ingestLayer } from '../layers/ingest-layer.ts';
import type { Lease } from '../records/garbage.ts';
import { findImage, type ImageRecord, imagesIn, putImage } from '../records/records.ts';
import { nameFor, once, wholeRunConfig } from './new-image.ts';

/** The archive without an entry: an image has no such layer. */
const nothing = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/** See Images.commit. The image is there whole or not at all. */
export async function commitImage(context: Context, request: CommitRequest): Promise<{ id: string; name?: string }> {
  const name = nameFor(request.repository, request.tag);
  const { id: parent, record: base } = context.store.view((tx) => findImage(tx, request.parent));
  const lease = context.garbage.lease();
  try {
    for (const blob of base.blobs) lease.hold(`blob:${blob}`);
    for (const diffId of base.config.rootfs.diff_ids) lease.hold(`layer:${diffId}`);
    const record = await committed(context, base, { request, lease });
    const text = Buffer.from(JSON.stringify(record.config));
    lease.hold(`blob:${digestOf(text)}`);
    const { digest: id } = await context.store.blobs.ingest(once(text));
    crashpoint('image.commit.ingested');
    const events = context.store.admit((tx) => {
      putImage(tx, id, imagesIn(tx).get(parent) ? { ...record, parent } : record);
      return [eventOf(tx, 'create', id), ...(name ? [tagIn(tx, context, name, { id })] : [])];
    });
    publishAll(context, events);
    return { id, ...(name && { name: familiarString(name) }) };
  } finally {
    await lease.release();
  }
}

async function committed(
  context: Context,
  base: ImageRecord,
  { request, lease }: { request: CommitRequest; lease: Lease },
): Promise<ImageRecord> {
  const parents = base.config.rootfs.diff_ids;
  const { blob, size } = await ingestLayer(context, request.layer, { parents, isTar: true, hold: lease.hold });
  crashpoint('image.commit.layer');
  const at = context.clock();
  if (blob === nothing) return { config: configOf(base.config, request, { at }), blobs: base.blobs, sizes: base.sizes };
  return {
    config: configOf(base.config, request, { at, diffId: blob }),
    blobs: [...base.blobs, blob],
    sizes: [...base.sizes, size],
  };
}

/** As Docker writes it: fields in the order of their names. */
function configOf(
  base: ImageConfig,
  request: CommitRequest,
  { at, diffId }: { at: Date; diffId?: string },
): ImageConfig {
  const created = at.toISOString();
  const { author, comment, container } = request;
  const step: ImageHistory = {
    created,
    ...(author && { author }),
    created_by: (container.config.Cmd ?? []).join(' '),
    ...(comment && { comment }),
    ...(diffId === undefined && { empty_layer: true }),
  };
  const config = {
    architecture: base.architecture,
    ...(author && { author }),
    ...(comment && { comment }),
    config: wholeRunConfig(request.config),
    container: container.id,
    container_config: container.config,
    created,
    history: [...(base.history ?? []), step],
    os: base.os,
    ...(base['os.version'] && { 'os.version': base['os.version'] }),
    rootfs: {
      type: 'layers' as const,
      diff_ids: [...base.rootfs.diff_ids, ...(diffId === undefined ? [] : [diffId])],
    },
    ...(base.variant && { variant: base.variant }),
  };
  return config;
}
