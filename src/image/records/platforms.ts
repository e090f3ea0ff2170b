import { EngineError } from '../../kit/index.ts';
import { formatPlatform, type Platform, platformMatches } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { entryFor, type IndexEntry, imagesOfIndex, indexesIn, namelessIndexOf } from './indexes.ts';
import { type FoundImage, findImage, imagesIn } from './records.ts';

/** An image of one platform; of a list `entry` says what it is there. */
export interface PlatformImage extends FoundImage {
  entry?: IndexEntry;
}

/** By name or id, of the platform that is asked for; refusals in Docker's words. */
export function findForPlatform(tx: Tx, reference: string, platform?: Platform): PlatformImage {
  const found = findWhole(tx, reference);
  const index = found.index === undefined ? undefined : indexesIn(tx).get(found.index);
  if (!platform) {
    const entry = index?.entries.find(({ image }) => image === found.id);
    return { ...found, ...(entry && { entry }) };
  }
  const entry = index && entryFor(index, platform);
  const record = entry?.image === undefined ? undefined : imagesIn(tx).get(entry.image);
  if (entry?.image !== undefined && record) return { ...found, id: entry.image, record, entry };
  if (platformMatches(found.record.config, platform)) return found;
  const many = index !== undefined && imagesOfIndex(index).length > 1;
  throw refusal(reference, found, { platform, many });
}

/** By name or id, with the list that the name or, where nobody named it, the id stands for. */
export function findWhole(tx: Tx, reference: string): FoundImage {
  const found = findImage(tx, reference);
  const index = found.index ?? namelessIndexOf(tx, found.id);
  return { ...found, ...(index && { index }) };
}

/** See Images.platforms. */
export function platformsOf(tx: Tx, reference: string): string[] {
  const { id, index } = findWhole(tx, reference);
  const list = index === undefined ? undefined : indexesIn(tx).get(index);
  return [...new Set([id, ...(list ? imagesOfIndex(list) : [])])];
}

function refusal(
  reference: string,
  { record }: FoundImage,
  { platform, many }: { platform: Platform; many: boolean },
): EngineError {
  const asked = formatPlatform(platform);
  const reason = many
    ? `does not provide the specified platform (${asked})`
    : `its platform (${formatPlatform(record.config)}) does not match the specified platform (${asked})`;
  return new EngineError('notFound', `image with reference ${reference} was found but ${reason}`);
}
