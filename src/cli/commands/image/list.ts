import type { ImageSummary } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows } from '../../format/table.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';
import { imageListing, imageRows, isDangling } from './rows.ts';

const flags = {
  all: flag.bool('Show all images (default hides intermediate images)', { short: 'a' }),
  digests: flag.bool('Show digests'),
  filter: filterFlag('Filter output based on conditions provided'),
  format: flag.string(formatUsage),
  'no-trunc': flag.bool("Don't truncate output"),
  quiet: flag.bool('Only show image IDs', { short: 'q' }),
  tree: flag.bool('List multi-platform images as a tree (EXPERIMENTAL)'),
};

export const list = command({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  short: 'List images',
  aliases: ['image ls', 'image list', 'images'],
  flags,
  arity: { atMost: 1 },
  examples: [
    ['Images that nothing names', 'image ls --filter dangling=true'],
    ['Names and sizes alone', "image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}'"],
  ],
  async run({ client, config, out }, { flags: given, args }) {
    if (given.tree) refuseWithTree(given);
    const images = await client.json<ImageSummary[]>({
      method: 'GET',
      path: '/images/json',
      query: {
        all: given.all,
        filters: filterQuery(given.filter, args[0] ? { reference: args[0] } : {}),
        ...(given.tree ? { manifests: true } : {}),
      },
    });
    if (given.tree) {
      const { imageTree } = await import('./tree.ts');
      const { windowSize } = await import('../../stdio/terminal.ts');
      const shown = given.all ? images : images.filter((image) => !isDangling(image));
      await out.write(imageTree(shown, Math.max(20, windowSize()?.columns ?? 80)));
      return 0;
    }
    const format = given.format || (given.quiet ? '' : (config.data.imagesFormat ?? ''));
    const withDigest = given.digests || format.includes('.Digest');
    const rows = images.flatMap((image) =>
      imageRows(image, { isWhole: given['no-trunc'], withDigest, isQuiet: given.quiet, now: Date.now() }),
    );
    await out.write(formatRows(imageListing(given.digests), rows, { ...given, format }));
    return 0;
  },
});

function refuseWithTree(given: Record<string, unknown>): void {
  for (const name of ['quiet', 'no-trunc', 'digests', 'format']) {
    if (!given[name]) continue;
    throw new Error(`--${name === 'digests' ? 'show-digest' : name} is not yet supported with --tree`);
  }
}
