import type { HistoryResponseItem } from '../../../api/index.ts';
import { parsePlatform } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { listSize } from '../../format/bytes.ts';
import { humanDuration } from '../../format/duration.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { displayId, ellipsis } from '../../format/text.ts';
import { formatUsage } from '../filters.ts';

const listing = (human: boolean): Listing => ({
  headers: {
    ID: 'IMAGE',
    CreatedSince: human ? 'CREATED' : 'CREATED AT',
    CreatedAt: 'CREATED AT',
    CreatedBy: 'CREATED BY',
    Size: 'SIZE',
    Comment: 'COMMENT',
  },
  table: '{{.ID}}\\t{{.CreatedSince}}\\t{{.CreatedBy}}\\t{{.Size}}\\t{{.Comment}}',
  quiet: '{{.ID}}',
  typeName: '*image.historyContext',
});

export const history = command({
  usage: '[OPTIONS] IMAGE',
  short: 'Show the history of an image',
  aliases: ['image history', 'history'],
  flags: {
    format: flag.string(formatUsage),
    human: flag.bool('Print sizes and dates in human readable format', { short: 'H', initial: true }),
    'no-trunc': flag.bool("Don't truncate output"),
    platform: flag.string(
      'Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
    ),
    quiet: flag.bool('Only show image IDs', { short: 'q' }),
  },
  arity: { exactly: 1 },
  async run({ client, out }, { flags, args }) {
    const name = encodeURIComponent(args[0] ?? '').replaceAll('%2F', '/');
    const query = flags.platform ? { platform: JSON.stringify(parsePlatform(flags.platform)) } : {};
    const steps = await client.json<HistoryResponseItem[]>({ method: 'GET', path: `/images/${name}/history`, query });
    const rows = steps.map((step) => stepRow(step, flags));
    await out.write(formatRows(listing(flags.human), rows, flags));
    return 0;
  },
});

function stepRow(step: HistoryResponseItem, flags: { human: boolean; 'no-trunc': boolean }): Row {
  const created = step.Created * 1000;
  const moment = () => new Date(created).toISOString().replace(/\.000Z$/, 'Z');
  const by = step.CreatedBy.replaceAll('\t', ' ');
  return {
    ID: () => displayId(step.Id, flags['no-trunc']),
    CreatedSince: () =>
      flags.human ? (created <= 0 ? 'N/A' : `${humanDuration(Date.now() - created)} ago`) : moment(),
    CreatedAt: moment,
    CreatedBy: () => (flags['no-trunc'] ? by : ellipsis(by, 45)),
    Size: () => (flags.human ? listSize(step.Size) : String(step.Size)),
    Comment: step.Comment,
  };
}
