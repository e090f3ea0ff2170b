import type { VolumeListResponse } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows } from '../../format/table.ts';
import { naturalOrder } from '../../format/text.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';
import { volumeListing, volumeRow } from './rows.ts';

export const list = command({
  usage: '[OPTIONS]',
  short: 'List volumes',
  aliases: ['volume ls', 'volume list'],
  flags: {
    cluster: flag.bool('Display only cluster volumes, and use cluster volume list formatting', { hidden: true }),
    filter: filterFlag('Provide filter values (e.g. "dangling=true")'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display volume names', { short: 'q' }),
  },
  async run({ client, config, out }, { flags }) {
    const query = { filters: filterQuery(flags.filter) };
    const { Volumes } = await client.json<VolumeListResponse>({ method: 'GET', path: '/volumes', query });
    // No volume of this engine is a cluster's.
    const volumes = (flags.cluster ? [] : (Volumes ?? [])).toSorted((a, b) => naturalOrder(a.Name, b.Name));
    const format = flags.format || (flags.quiet ? '' : (config.data.volumesFormat ?? ''));
    await out.write(formatRows(volumeListing, volumes.map(volumeRow), { ...flags, format }));
    return 0;
  },
});
