import type { ImageSummary } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows } from '../../format/table.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';
import { imageListing, imageRows } from './rows.ts';

export const list = command({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  short: 'List images',
  aliases: ['image ls', 'image list', 'images'],
  flags: {
    all: flag.bool('Show all images (default hides intermediate images)', { short: 'a' }),
    digests: flag.bool('Show digests'),
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    'no-trunc': flag.bool("Don't truncate output"),
    quiet: flag.bool('Only show image IDs', { short: 'q' }),
  },
  arity: { atMost: 1 },
  async run({ client, out }, { flags, args }) {
    const images = await client.json<ImageSummary[]>({
      method: 'GET',
      path: '/images/json',
      query: { all: flags.all, filters: filterQuery(flags.filter, args[0] ? { reference: args[0] } : {}) },
    });
    const withDigest = flags.digests || flags.format.includes('.Digest');
    const rows = images.flatMap((image) =>
      imageRows(image, { isWhole: flags['no-trunc'], withDigest, isQuiet: flags.quiet, now: Date.now() }),
    );
    await out.write(formatRows(imageListing(flags.digests), rows, flags));
    return 0;
  },
});
