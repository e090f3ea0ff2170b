import { EngineError } from '../../kit/index.ts';
import { type Platform, platformMatches } from '../../oci/index.ts';
import type { Blobs } from '../../store/index.ts';
import { compressionOf } from '../layers/compression.ts';
import { type IndexEntry, imagesOfIndex } from '../records/indexes.ts';
import { wholeName } from '../records/records.ts';
import type { Archived, ArchivedImage, ArchivedList } from './archived.ts';
import { dockerImages } from './docker-images.ts';
import { ociImages } from './oci-images.ts';
import type { Spool } from './spool.ts';

/**
 * What is in an archive: by Docker's manifest.json if there is one, otherwise by the index of an OCI layout. Where both are there, the
 * first says what is loaded, and the second as what it came.
 */
export async function archivedIn(spool: Spool, blobs: Blobs): Promise<Archived> {
  const hasIndex = spool.find('index.json') !== undefined;
  if (spool.find('manifest.json') === undefined && hasIndex) return ociImages(spool);
  const images = await dockerImages(spool);
  const oci = hasIndex ? await asFarAsItGoes(spool) : { images: [], lists: [] };
  return joined(images, oci, (blob) => compressionOf(blobs.path(blob)) !== '');
}

/** Docker does not look at the index where there is a manifest.json: what is wrong there is no reason to refuse the archive. */
async function asFarAsItGoes(spool: Spool): Promise<Archived> {
  try {
    return await ociImages(spool);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'invalid') return { images: [], lists: [] };
    throw error;
  }
}

function joined(images: ArchivedImage[], oci: Archived, isCompressed: (blob: string) => boolean): Archived {
  const lists = oci.lists.flatMap((list) => namedAsIn(list, images));
  const parts = new Set(lists.flatMap(({ record }) => record.entries.flatMap(({ image }) => image ?? [])));
  const described = images.map((image): ArchivedImage => {
    const same = oci.images.find((other) => isSame(image, other));
    // A manifest of plain layers is made anew for a registry, so that they travel compressed.
    const isKept = parts.has(image.id) || image.blobs.every(isCompressed);
    return same?.manifest && isKept ? { ...image, manifest: same.manifest } : image;
  });
  const others = oci.images.filter(({ id }) => parts.has(id) && !images.some((image) => image.id === id));
  return { images: [...described, ...others.map((image) => ({ ...image, names: [] }))], lists };
}

/** A list of an image that is loaded under the same name. */
function namedAsIn(list: ArchivedList, images: ArchivedImage[]): ArchivedList[] {
  const own = images.filter(({ id, blobs }) =>
    list.record.entries.some((entry) => entry.image === id && entry.blobs?.slice(1).join() === blobs.join()),
  );
  const loaded = own.flatMap(({ names }) => names.map(wholeName));
  const names = list.names.filter((name) => loaded.includes(wholeName(name)));
  return names.length > 0 ? [{ ...list, names }] : [];
}

function isSame(image: ArchivedImage, other: ArchivedImage): boolean {
  return image.id === other.id && image.blobs.join() === other.blobs.join();
}

/** What of an archive is for that platform. */
export function ofPlatform({ images, lists }: Archived, platform: Platform): Archived {
  const kept = images.filter(({ config }) => platformMatches(config, platform));
  const ids = new Set(kept.map(({ id }) => id));
  const some = lists.map(({ record, ...list }) => {
    const entries = record.entries.map((entry): IndexEntry => {
      if (entry.image !== undefined && ids.has(entry.image)) return entry;
      const { blobs: _, image: __, ...plain } = entry;
      return plain;
    });
    return { ...list, record: { ...record, entries } };
  });
  return { images: kept, lists: some.filter(({ record }) => imagesOfIndex(record).length > 0) };
}
