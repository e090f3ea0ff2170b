import type { Descriptor, Platform, Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { blobsOfIndex, type IndexRecord, indexesIn, isWhole } from '../records/indexes.ts';
import { findForPlatform } from '../records/platforms.ts';
import { blobsOf, type ImageRecord, wholeName } from '../records/records.ts';

/** What goes under one name; `id` is the image that the name stands for, `index` the list. */
export type Plan = { name: Reference; id: string; index?: string } & (ImagePlan | ListPlan);

export interface ImagePlan {
  kind: 'image';
  record: ImageRecord;
  /** As it came; without one it is made. */
  manifest?: NonNullable<ImageRecord['manifest']>;
  /** It goes alone, since not all of its list is here. */
  instead?: { originalIndex: Descriptor; selectedManifest: Descriptor };
}

export interface ListPlan {
  kind: 'list';
  index: string;
  list: IndexRecord;
}

/** What is sent of a name: all platforms that it stands for, if they are here and none is asked for; otherwise the image of one. */
export function planFor(tx: Tx, name: Reference, platform?: Platform): Plan {
  const { id, record, index, entry } = findForPlatform(tx, wholeName(name), platform);
  const list = index === undefined ? undefined : indexesIn(tx).get(index);
  if (index !== undefined && list && !platform && isWhole(list)) return { name, id, kind: 'list', index, list };
  const manifest = entry?.descriptor ?? record.manifest;
  const plan: Plan = { name, id, kind: 'image', record, ...(index && { index }), ...(manifest && { manifest }) };
  if (index === undefined || !list || !entry || platform) return plan;
  const originalIndex = { mediaType: list.mediaType, digest: index, size: list.size };
  return { ...plan, instead: { originalIndex, selectedManifest: entry.descriptor } };
}

/** The digests of all blobs that a plan needs. */
export function blobsOfPlan(plan: Plan): string[] {
  if (plan.kind === 'list') return blobsOfIndex(plan.index, plan.list);
  return [...blobsOf(plan.id, plan.record), ...(plan.manifest ? [plan.manifest.digest] : [])];
}
