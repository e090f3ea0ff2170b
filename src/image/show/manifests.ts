import type { ImageInspect } from '../../api/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { type IndexEntry, indexesIn, isAttestation } from '../records/indexes.ts';
import { type ImageRecord, imagesIn, usersOf } from '../records/records.ts';

type OCIDescriptor = NonNullable<ImageInspect['Descriptor']>;
type ImageManifestSummary = NonNullable<ImageInspect['Manifests']>[number];

/** What a name or an id stands for. */
interface Target {
  id: string;
  record: ImageRecord;
  index?: string;
}

/** The descriptor of what came from a registry or an archive under that name: a list or a manifest; undefined for what was made here. */
export function descriptorOf({ store }: Context, tx: Tx, { record, index }: Target): OCIDescriptor | undefined {
  const list = index === undefined ? undefined : indexesIn(tx).get(index);
  if (index !== undefined && list) return { mediaType: list.mediaType, digest: index, size: list.size };
  if (!record.manifest) return undefined;
  const { mediaType, digest } = record.manifest;
  return { mediaType, digest, size: sizeOf(store, [digest]) };
}

/** The manifests under a name with what of each is here, as API 1.48 tells of them. */
export function manifestsOf(context: Context, tx: Tx, target: Target): ImageManifestSummary[] {
  const list = target.index === undefined ? undefined : indexesIn(tx).get(target.index);
  const entries = list ? list.entries : ownEntry(context, tx, target);
  return entries.map((entry) => manifestOf(context, tx, entry));
}

/** That of an image that is part of no list. */
function ownEntry(context: Context, tx: Tx, target: Target): IndexEntry[] {
  const descriptor = descriptorOf(context, tx, target);
  if (!descriptor) return [];
  const { id, record } = target;
  const { os, architecture, variant } = record.config;
  return [
    {
      descriptor: descriptor as IndexEntry['descriptor'],
      platform: { os, architecture, ...(variant && { variant }) },
      blobs: [id, ...record.blobs],
      image: id,
    },
  ];
}

function manifestOf(
  { store }: Context,
  tx: Tx,
  { descriptor, platform, blobs, image }: IndexEntry,
): ImageManifestSummary {
  const Content = blobs ? sizeOf(store, [descriptor.digest, ...blobs]) : 0;
  const record = image === undefined ? undefined : imagesIn(tx).get(image);
  const Unpacked = record ? record.sizes.reduce((sum, size) => sum + size, 0) : 0;
  const about = {
    ID: descriptor.digest,
    Descriptor: descriptor,
    Available: blobs !== undefined,
    Size: { Content, Total: Content + Unpacked },
  };
  if (isAttestation(descriptor)) {
    const For = descriptor.annotations?.['vnd.docker.reference.digest'] ?? '';
    return { ...about, Kind: 'attestation', AttestationData: { For } } as ImageManifestSummary;
  }
  if (!platform?.os) return { ...about, Kind: 'unknown' } as ImageManifestSummary;
  const users = image === undefined ? [] : usersOf(tx, image).map(({ id }) => id);
  const ImageData = { Platform: platform, Size: { Unpacked }, Containers: users.length > 0 ? users : null };
  return { ...about, Kind: 'image', ImageData } as unknown as ImageManifestSummary;
}

/** Bytes of those of the blobs that are here. */
function sizeOf({ blobs }: Context['store'], digests: string[]): number {
  return digests.reduce((sum, digest) => sum + (blobs.has(digest) ? blobs.size(digest) : 0), 0);
}
