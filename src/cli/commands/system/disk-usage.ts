import type { ContainerSummary, ImageSummary, Volume } from '../../../api/index.ts';

/** What the engine says of its disk. */
export interface DiskUsage {
  LayersSize?: number;
  Images?: ImageSummary[] | null;
  Containers?: ContainerSummary[] | null;
  Volumes?: Volume[] | null;
  BuildCache?: CacheRecord[] | null;
}

/** One piece of a builder's cache. */
export interface CacheRecord {
  ID?: string;
  Parents?: string[] | null;
  Type?: string;
  Description?: string;
  InUse?: boolean;
  Shared?: boolean;
  Size?: number;
  CreatedAt?: string;
  LastUsedAt?: string | null;
  UsageCount?: number;
}

/** What the pieces take that no other shares. */
export function cacheSize(records: CacheRecord[]): number {
  return records.filter((one) => !one.Shared).reduce((sum, { Size = 0 }) => sum + Size, 0);
}
