import type { ContainerSummary, Volume } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { humanSize } from '../../format/bytes.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { formatUsage } from '../filters.ts';
import { verboseUsage } from './df-verbose.ts';
import { type CacheRecord, cacheSize, type DiskUsage } from './disk-usage.ts';

const listing: Listing = {
  headers: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  table: '{{.Type}}\\t{{.TotalCount}}\\t{{.Active}}\\t{{.Size}}\\t{{.Reclaimable}}',
  quiet: '{{.Type}}',
  typeName: '*formatter.diskUsageImagesContext',
};

export const df = command({
  usage: '[OPTIONS]',
  short: 'Show docker disk usage',
  flags: {
    format: flag.string(formatUsage),
    verbose: flag.bool('Show detailed information on space usage', { short: 'v' }),
  },
  async run({ client, out }, { flags }) {
    const usage = await client.json<DiskUsage>({ method: 'GET', path: '/system/df' });
    if (flags.verbose) await out.write(verboseUsage(usage, flags.format));
    else await out.write(formatRows(listing, summary(usage), { format: flags.format, quiet: false }));
    return 0;
  },
});

/** One line for each kind of thing. */
function summary(usage: DiskUsage): Row[] {
  return [
    imagesRow(usage),
    containersRow(usage.Containers ?? []),
    volumesRow(usage.Volumes ?? []),
    cacheRow(usage.BuildCache ?? []),
  ];
}

function imagesRow({ Images, LayersSize = 0 }: DiskUsage): Row {
  const images = Images ?? [];
  const used = images
    .filter((image) => image.Containers !== 0 && image.Size !== -1 && image.SharedSize !== -1)
    .reduce((sum, image) => sum + (image.Size ?? 0) - (image.SharedSize ?? 0), 0);
  return row('Images', images.length, images.filter((image) => (image.Containers ?? 0) > 0).length, {
    total: LayersSize,
    reclaimable: LayersSize - used,
  });
}

function containersRow(containers: ContainerSummary[]): Row {
  const idle = containers.filter((one) => !isActive(one));
  return row('Containers', containers.length, containers.length - idle.length, {
    total: layerSize(containers),
    reclaimable: layerSize(idle),
  });
}

function isActive({ State }: ContainerSummary): boolean {
  return ['running', 'paused', 'restarting'].includes(State ?? '');
}

function layerSize(containers: ContainerSummary[]): number {
  return containers.reduce((sum, { SizeRw }) => sum + (SizeRw ?? 0), 0);
}

function volumesRow(volumes: Volume[]): Row {
  const known = volumes.filter(({ UsageData }) => UsageData && UsageData.Size !== -1);
  return row(
    'Local Volumes',
    volumes.length,
    volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length,
    {
      total: volumeSize(known),
      reclaimable: volumeSize(known.filter(({ UsageData }) => UsageData?.RefCount === 0)),
    },
  );
}

function cacheRow(records: CacheRecord[]): Row {
  const inUse = records.filter((one) => one.InUse);
  const total = cacheSize(records);
  return {
    ...row('Build Cache', records.length, inUse.length, { total, reclaimable: 0 }),
    Reclaimable: humanSize(total - cacheSize(inUse)),
  };
}

function volumeSize(volumes: Volume[]): number {
  return volumes.reduce((sum, { UsageData }) => sum + (UsageData?.Size ?? 0), 0);
}

function row(Type: string, total: number, active: number, size: { total: number; reclaimable: number }): Row {
  const percent = size.total > 0 ? ` (${Math.trunc((size.reclaimable * 100) / size.total)}%)` : '';
  return {
    Type,
    TotalCount: String(total),
    Active: String(active),
    Size: humanSize(size.total),
    Reclaimable: humanSize(size.reclaimable) + percent,
  };
}
