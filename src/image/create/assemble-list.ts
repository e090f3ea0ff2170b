import { createReadStream } from 'node:fs';
import { crashpoint } from '../../kit/index.ts';
import { type Descriptor, mediaTypes, type Platform } from '../../oci/index.ts';
import { type Context, publishAll, tagIn } from '../context.ts';
import type { Images } from '../contract.ts';
import { compressed } from '../layers/compress.ts';
import { compressionOf } from '../layers/compression.ts';
import { createPushedLayers } from '../push/pushed.ts';
import type { Lease } from '../records/garbage.ts';
import { type IndexEntry, putIndex } from '../records/indexes.ts';
import { findImage, type ImageRecord, putImage } from '../records/records.ts';
import { wholeReference } from './assemble.ts';
import { once } from './new-image.ts';

interface Assembling {
  context: Context;
  lease: Lease;
  signal: AbortSignal;
}

/** See Images.assembleList. */
export async function assembleList(
  context: Context,
  { images, names: given, signal }: Parameters<Images['assembleList']>[0],
): Promise<string> {
  const names = given.map(wholeReference);
  const lease = context.garbage.lease();
  try {
    const assembling = { context, lease, signal };
    const parts: Part[] = [];
    for (const id of images) parts.push(await partOf(assembling, id));
    const manifests = parts.map(({ entry }) => ({ ...entry.descriptor, platform: entry.platform }));
    const list = await document(assembling, mediaTypes.ociIndex, { manifests });
    crashpoint('image.list.ingested');
    const events = context.store.admit((tx) => {
      for (const { id, record } of parts) putImage(tx, id, record);
      const entries = parts.map(({ entry }) => entry);
      putIndex(tx, list.digest, { mediaType: list.mediaType, size: list.size, nested: [], entries });
      const id = parts[0]?.id ?? '';
      return names.map((name) => tagIn(tx, context, name, { id, index: list.digest }));
    });
    publishAll(context, events);
    return list.digest;
  } finally {
    await lease.release();
  }
}

interface Part {
  id: string;
  record: ImageRecord;
  entry: IndexEntry & { platform: Platform };
}

/** An image as the list has it: its layers compressed, and the manifest that says so. */
async function partOf(assembling: Assembling, id: string): Promise<Part> {
  const { record } = assembling.context.store.view((tx) => findImage(tx, id));
  const layers: Descriptor[] = [];
  for (const blob of record.blobs) layers.push(await layerOf(assembling, blob));
  const config = { mediaType: mediaTypes.ociConfig, ...(await sized(assembling, id)) };
  const manifest = await document(assembling, mediaTypes.ociManifest, { config, layers });
  const blobs = layers.map(({ digest }) => digest);
  const { os, architecture, variant } = record.config;
  const platform = { architecture, os, ...(variant !== undefined && variant !== '' && { variant }) };
  return {
    id,
    record: { ...record, blobs, manifest: { digest: manifest.digest, mediaType: manifest.mediaType } },
    entry: { descriptor: manifest, platform, image: id, blobs: [id, ...blobs] },
  };
}

async function layerOf(assembling: Assembling, blob: string): Promise<Descriptor> {
  const { context, lease, signal } = assembling;
  const { blobs } = context.store;
  const written = compressionOf(blobs.path(blob));
  if (written !== '') return { mediaType: `${mediaTypes.ociLayer}${written}`, ...(await sized(assembling, blob)) };
  const mediaType = `${mediaTypes.ociLayer}+gzip`;
  const pushed = createPushedLayers(context.store);
  const known = pushed.compressedOf(blob);
  if (known) lease.hold(`blob:${known.digest}`);
  if (known && blobs.has(known.digest)) return { mediaType, ...known };
  signal.throwIfAborted();
  const plain = createReadStream(blobs.path(blob), { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
  const { digest, size } = await blobs.ingest(compressed(plain, { type: 'gzip' }));
  lease.hold(`blob:${digest}`);
  pushed.keep(blob, { digest, size });
  return { mediaType, digest, size };
}

async function sized({ context, lease }: Assembling, digest: string): Promise<{ digest: string; size: number }> {
  lease.hold(`blob:${digest}`);
  return { digest, size: context.store.blobs.size(digest) };
}

async function document({ context, lease }: Assembling, mediaType: string, fields: object): Promise<Descriptor> {
  const text = JSON.stringify({ schemaVersion: 2, mediaType, ...fields });
  const { digest, size } = await context.store.blobs.ingest(once(Buffer.from(text)));
  lease.hold(`blob:${digest}`);
  return { mediaType, digest, size };
}
