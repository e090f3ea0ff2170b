import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Compression, compressed, decompressed } from '../../../image/index.ts';
import { newId } from '../../../kit/index.ts';
import { type Descriptor, digestOf, mediaTypes } from '../../../oci/index.ts';
import type { Context } from '../../context.ts';
import { diffIdAnnotation } from '../format.ts';
import type { ListedLayer } from './records.ts';

/** Something that is sent; `open` gives its bytes. */
export interface Parcel {
  descriptor: Descriptor;
  open(): AsyncIterable<Uint8Array>;
}

/** What is packed for a cache, in a directory that goes with it. */
export interface Packing {
  layer(layer: ListedLayer): Promise<Parcel>;
  /** A stream of a tar, compressed. */
  tar(bytes: AsyncIterable<Uint8Array>, annotations: Record<string, string>): Promise<Parcel>;
  close(): void;
}

/** How caches are compressed: `force` also packs again what came in another way. */
export function createPacking(context: Context, compression: Compression & { force: boolean }): Packing {
  const directory = join(context.directory, 'exchange', newId());
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { blobs } = context.store;
  const mediaType = `${mediaTypes.ociLayer}${suffixes[compression.type]}`;

  async function pack(bytes: AsyncIterable<Uint8Array>, annotations: Record<string, string>): Promise<Parcel> {
    const path = join(directory, newId());
    const hash = createHash('sha256');
    const file = createWriteStream(path);
    let size = 0;
    for await (const piece of compressed(bytes, compression)) {
      hash.update(piece);
      size += piece.length;
      if (!file.write(piece)) await once(file, 'drain');
    }
    file.end();
    await once(file, 'close');
    const digest = `sha256:${hash.digest('hex')}`;
    return { descriptor: { mediaType, digest, size, annotations }, open: () => read(path) };
  }

  return {
    tar: pack,
    async layer({ diffId, blob, createdAt }) {
      const annotations = {
        [diffIdAnnotation]: diffId,
        ...(createdAt !== undefined && { 'buildkit/createdat': createdAt }),
      };
      if (blob === diffId && compression.type === 'uncompressed') {
        const descriptor = { mediaType, digest: blob, size: blobs.size(blob), annotations };
        return { descriptor, open: () => read(blobs.path(blob)) };
      }
      if (blob === diffId) return pack(read(blobs.path(blob)), annotations);
      const came = await cameAs(blobs.path(blob));
      if (compression.force && came !== compression.type) {
        return pack(decompressed(read(blobs.path(blob))), annotations);
      }
      const descriptor = {
        mediaType: `${mediaTypes.ociLayer}${suffixes[came]}`,
        digest: blob,
        size: blobs.size(blob),
        annotations,
      };
      return { descriptor, open: () => read(blobs.path(blob)) };
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const suffixes = { gzip: '+gzip', zstd: '+zstd', uncompressed: '' } as const;

async function cameAs(path: string): Promise<Compression['type']> {
  const head = Buffer.from(await Bun.file(path).slice(0, 4).arrayBuffer());
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.length === 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'uncompressed';
}

function read(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
}

/** A document as something that is sent. */
export function documentParcel(mediaType: string, document: object): Parcel {
  const bytes = Buffer.from(JSON.stringify(document));
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    async *open() {
      yield bytes;
    },
  };
}
