import type { ContainerSummary } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';
import { formatRows } from '../../../format/table.ts';
import { filterFlag, filterQuery, formatUsage } from '../../filters.ts';
import { containerListing, containerRow } from './rows.ts';

export const list = command({
  usage: '[OPTIONS]',
  short: 'List containers',
  aliases: ['container ls', 'container list', 'container ps', 'ps'],
  flags: {
    all: flag.bool('Show all containers (default shows just running)', { short: 'a' }),
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    last: flag.int('Show n last created containers (includes all states)', { short: 'n', initial: -1 }),
    latest: flag.bool('Show the latest created container (includes all states)', { short: 'l' }),
    'no-trunc': flag.bool("Don't truncate output"),
    quiet: flag.bool('Only display container IDs', { short: 'q' }),
    size: flag.bool('Display total file sizes', { short: 's' }),
  },
  async run({ client, out }, { flags, given }) {
    const limit = flags.latest && flags.last === -1 ? 1 : flags.last;
    const wantsSize = flags.size || (/\.Size\b|\{\{\s*json\s+\.\s*\}\}/.test(flags.format) && !given.has('size'));
    const containers = await client.json<ContainerSummary[]>({
      method: 'GET',
      path: '/containers/json',
      query: {
        all: flags.all,
        limit: limit > 0 ? limit : undefined,
        size: wantsSize,
        filters: filterQuery(flags.filter),
      },
    });
    const now = Date.now();
    const rows = containers.map((one) => containerRow(one, { isWhole: flags['no-trunc'], now }));
    await out.write(formatRows(containerListing(flags.size), rows, flags));
    return 0;
  },
});
