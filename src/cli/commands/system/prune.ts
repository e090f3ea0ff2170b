import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { humanSize } from '../../format/bytes.ts';
import { naturalOrder } from '../../format/text.ts';
import { confirm } from '../../stdio/confirm.ts';
import { filterFlag, filterValues, withConfigured } from '../filters.ts';
import { prune as pruneKind } from '../prune.ts';

export const prune = command({
  usage: '[OPTIONS]',
  short: 'Remove unused data',
  flags: {
    all: flag.bool('Remove all unused images not just dangling ones', { short: 'a' }),
    filter: filterFlag('Provide filter values (e.g. "label=<key>=<value>")', {}),
    force: flag.bool('Do not prompt for confirmation', { short: 'f' }),
    volumes: flag.bool('Prune anonymous volumes'),
  },
  examples: [['Everything that nothing uses, images and volumes too', 'system prune --all --volumes']],
  async run({ client, config, out }, { flags }) {
    if (flags.volumes && filterValues(flags.filter).has('until')) {
      throw new Error('ERROR: The "until" filter is not supported with "--volumes"');
    }
    const filters = withConfigured(flags.filter, config.data.pruneFilters);
    if (!flags.force && !(await confirm(out, question(flags, filters)))) return 0;
    const done = [await pruneKind(client, 'containers', { filters })];
    done.push(await pruneKind(client, 'networks', { filters }));
    if (flags.volumes) done.push(await pruneKind(client, 'volumes', { filters }));
    done.push(await pruneKind(client, 'images', { filters, more: { dangling: String(!flags.all) } }));
    done.push(await pruneKind(client, 'build', { filters, all: flags.all }));
    for (const { text } of done) if (text) await out.line(text);
    await out.line(`Total reclaimed space: ${humanSize(done.reduce((sum, { reclaimed }) => sum + reclaimed, 0))}`);
    return 0;
  },
});

function question(flags: { all: boolean; volumes: boolean }, filters: string[]): string {
  const losses = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(flags.volumes ? ['all anonymous volumes not used by at least one container'] : []),
    flags.all ? 'all images without at least one container associated to them' : 'all dangling images',
    flags.all ? 'all build cache' : 'unused build cache',
  ];
  const lines = ['WARNING! This will remove:', ...losses.map((loss) => `  - ${loss}`), ''];
  const values = filterValues(filters);
  const shown = ['label', 'label!', 'until'].flatMap((name) => (values.get(name) ?? []).map((one) => `${name}=${one}`));
  if (shown.length > 0) {
    lines.push('  Items to be pruned will be filtered with:');
    lines.push(...shown.toSorted(naturalOrder).map((one) => `  - ${one}`), '');
  }
  return [...lines, 'Are you sure you want to continue?'].join('\n');
}
