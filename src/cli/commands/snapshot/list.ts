import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { humanSize } from '../../format/bytes.ts';
import { humanDuration } from '../../format/duration.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { formatUsage } from '../filters.ts';
import { snapshotsPath } from './path.ts';

const listing: Listing = {
  headers: { Name: 'NAME', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Size: 'SIZE', Comment: 'COMMENT' },
  table: '{{.Name}}\\t{{.CreatedSince}}\\t{{.Size}}\\t{{.Comment}}',
  quiet: '{{.Name}}',
  typeName: '*formatter.snapshotContext',
};

interface Snapshot {
  Name: string;
  Created: string;
  Size: number;
  Comment: string;
}

/** Docker has no such command: the engine's own. */
export const list = command({
  usage: '[OPTIONS] CONTAINER',
  short: 'List the snapshots of a container',
  aliases: ['snapshot ls', 'snapshot list'],
  flags: {
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display names', { short: 'q' }),
  },
  arity: { exactly: 1 },
  async run({ client, out }, { flags, args }) {
    const snapshots = await client.json<Snapshot[]>({ method: 'GET', path: snapshotsPath(args[0] ?? '') });
    await out.write(formatRows(listing, snapshots.map(snapshotRow), flags));
    return 0;
  },
});

function snapshotRow({ Name, Created, Size, Comment }: Snapshot): Row {
  return {
    Name,
    CreatedSince: () => `${humanDuration(Date.now() - Date.parse(Created))} ago`,
    CreatedAt: Created,
    Size: () => humanSize(Size),
    Comment,
  };
}
