import { type Descriptor, mediaTypes } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import type { ImageRecord } from '../records/records.ts';

/** A manifest as it is sent. */
export interface Manifested {
  mediaType: string;
  bytes: Uint8Array;
}

/** The manifest of an image: the one it came with, otherwise one of these layers as Docker writes it. */
export async function manifestFor(
  { store }: Context,
  id: string,
  { manifest }: ImageRecord,
  layers: Descriptor[],
): Promise<Manifested> {
  if (manifest) return { mediaType: manifest.mediaType, bytes: await store.blobs.read(manifest.digest) };
  // Docker's own type knows of no zstd.
  const isDocker = layers.every(({ mediaType }) => mediaType === mediaTypes.dockerLayer);
  const mediaType = isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const config = {
    mediaType: isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
    size: store.blobs.size(id),
    digest: id,
  };
  const listed = layers.map((layer) => ({
    mediaType: isDocker ? layer.mediaType : ociType(layer.mediaType),
    size: layer.size,
    digest: layer.digest,
  }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: listed }, undefined, 3);
  return { mediaType, bytes: Buffer.from(text) };
}

function ociType(type: string): string {
  return type === mediaTypes.dockerLayer ? `${mediaTypes.ociLayer}+gzip` : type;
}
