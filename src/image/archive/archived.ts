import { EngineError } from '../../kit/index.ts';
import { type Descriptor, diffIdsOf, type ImageConfig, isDigest, type Reference } from '../../oci/index.ts';
import type { IndexRecord } from '../records/indexes.ts';
import type { ImageRecord } from '../records/records.ts';
import type { Spool } from './spool.ts';

/** One image of an archive, its documents checked, its layers not yet unpacked. */
export interface ArchivedImage {
  id: string;
  config: ImageConfig;
  /** Digests of the layers' bytes, lowest first. */
  blobs: string[];
  names: Reference[];
  /** Where the archive has one that is worth keeping. */
  manifest?: NonNullable<ImageRecord['manifest']>;
}

/** A list of an archive, with what of it is there. */
export interface ArchivedList {
  digest: string;
  record: IndexRecord;
  names: Reference[];
}

/** What is in an archive; the images of the lists are among the images. */
export interface Archived {
  images: ArchivedImage[];
  lists: ArchivedList[];
}

/** An image's config, as far as it is needed to unpack it. */
export async function checkedConfig(spool: Spool, id: string): Promise<ImageConfig> {
  const config = (await spool.json(id)) as ImageConfig | null;
  const diffIds = diffIdsOf(config);
  if (!config || !Array.isArray(diffIds)) throw new EngineError('invalid', 'invalid image JSON, no RootFS key');
  for (const diffId of diffIds) {
    if (!isDigest(diffId)) throw new EngineError('invalid', `invalid diffID ${JSON.stringify(diffId)}`);
  }
  const os = config.os || 'linux';
  if (os !== 'linux') throw new EngineError('invalid', `cannot load ${os} image on linux`);
  return config;
}

/** Refuses an image that has not as many layers as its config says. */
export function requireLayers({ rootfs }: ImageConfig, expected: number): void {
  const actual = rootfs.diff_ids.length;
  if (expected === actual) return;
  throw new EngineError('invalid', `invalid manifest, layers length mismatch: expected ${expected}, got ${actual}`);
}

/** The digest of a descriptor whose bytes came with the archive and are as many as it says. */
export function known(spool: Spool, descriptor: Descriptor): string {
  if (!isDigest(descriptor?.digest)) throw new EngineError('invalid', 'invalid checksum digest format');
  if (!spool.has(descriptor.digest)) {
    throw new EngineError('invalid', `blob ${descriptor.digest} is not in the archive`);
  }
  const { digest, size } = descriptor;
  if (size !== spool.size(digest)) {
    throw new EngineError('invalid', `unexpected size ${spool.size(digest)} of blob ${digest}, expected ${size}`);
  }
  return digest;
}
