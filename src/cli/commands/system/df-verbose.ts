import type { ContainerSummary, Volume } from '../../../api/index.ts';
import { humanSize, listSize } from '../../format/bytes.ts';
import { humanDuration } from '../../format/duration.ts';
import { fillTemplate, formatRows, type Listing, type Row } from '../../format/table.ts';
import { displayId } from '../../format/text.ts';
import { containerListing, containerRow } from '../container/view/rows.ts';
import { imageListing, imageRows } from '../image/rows.ts';
import { volumeListing, volumeRow } from '../volume/rows.ts';
import { type CacheRecord, cacheSize, type DiskUsage } from './disk-usage.ts';

const tables = {
  images:
    '{{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}\\t{{.SharedSize}}\\t{{.UniqueSize}}\\t{{.Containers}}',
  containers:
    '{{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.LocalVolumes}}\\t{{.Size}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Names}}',
  volumes: '{{.Name}}\\t{{.Links}}\\t{{.Size}}',
};

const cacheListing: Listing = {
  headers: {
    ID: 'CACHE ID',
    Parent: 'PARENT',
    CacheType: 'CACHE TYPE',
    Size: 'SIZE',
    CreatedSince: 'CREATED',
    LastUsedSince: 'LAST USED',
    UsageCount: 'USAGE',
    InUse: 'IN USE',
    Shared: 'SHARED',
    Description: 'DESCRIPTION',
  },
  table:
    '{{.ID}}\\t{{.CacheType}}\\t{{.Size}}\\t{{.CreatedSince}}\\t{{.LastUsedSince}}\\t{{.UsageCount}}\\t{{.Shared}}',
  quiet: '{{.ID}}',
  typeName: '*formatter.buildCacheContext',
};

/** Everything that takes room, thing by thing: four tables, or one template over all. */
export function verboseUsage(usage: DiskUsage, format: string): string {
  const isTable = format === '' || format.startsWith('table');
  const now = Date.now();
  const images = (usage.Images ?? []).flatMap((image) =>
    imageRows(image, { isWhole: !isTable, withDigest: false, isQuiet: false, now }).slice(0, 1),
  );
  const containers = (usage.Containers ?? []).map((one) =>
    containerRow(withoutVirtual(one), { isWhole: !isTable, now }),
  );
  const volumes = (usage.Volumes ?? []).map((volume: Volume) => volumeRow(volume));
  const records = usage.BuildCache ?? [];
  const cache = records.toSorted(byUse).map((record) => cacheRow(record, { isWhole: !isTable, now }));
  if (format !== '' && format !== 'table') {
    return fillTemplate(format, { Images: images, Containers: containers, Volumes: volumes, BuildCache: cache });
  }
  return [
    `Images space usage:\n\n${table({ ...imageListing(false), table: tables.images }, images)}`,
    `Containers space usage:\n\n${table({ ...containerListing(false), table: tables.containers }, containers)}`,
    `Local Volumes space usage:\n\n${table({ ...volumeListing, table: tables.volumes }, volumes)}`,
    `Build cache usage: ${humanSize(cacheSize(records))}\n\n${table(cacheListing, cache)}`,
  ].join('\n');
}

function table(listing: Listing, rows: Row[]): string {
  return formatRows(listing, rows, { format: '', quiet: false });
}

function withoutVirtual(container: ContainerSummary): ContainerSummary {
  return { ...container, SizeRootFs: 0 };
}

function byUse(a: CacheRecord, b: CacheRecord): number {
  const [left, right] = [a.LastUsedAt ?? '', b.LastUsedAt ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return (a.ID ?? '') < (b.ID ?? '') ? -1 : 1;
}

function cacheRow(record: CacheRecord, { isWhole, now }: { isWhole: boolean; now: number }): Row {
  const since = (moment: string | null | undefined) => (moment ? `${humanDuration(now - Date.parse(moment))} ago` : '');
  return {
    ID: `${displayId(record.ID ?? '', isWhole)}${record.InUse ? '*' : ''}`,
    Parent: displayId((record.Parents ?? []).join(', '), isWhole),
    CacheType: record.Type ?? '',
    Description: record.Description ?? '',
    Size: listSize(record.Size ?? 0),
    CreatedAt: record.CreatedAt ?? '',
    CreatedSince: since(record.CreatedAt),
    LastUsedAt: record.LastUsedAt ?? '',
    LastUsedSince: since(record.LastUsedAt),
    UsageCount: String(record.UsageCount ?? 0),
    InUse: String(record.InUse === true),
    Shared: String(record.Shared === true),
  };
}
