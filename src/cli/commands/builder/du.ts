import type { BuildCache } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { humanSize } from '../../format/bytes.ts';

export const du = command({
  usage: '[OPTIONS]',
  short: 'Disk usage',
  aliases: ['builder du'],
  flags: { verbose: flag.bool('Provide a more verbose output') },
  arity: { exactly: 0 },
  async run({ client, out }, { flags }) {
    const { BuildCache: records } = await client.json<{ BuildCache: BuildCache[] }>({
      method: 'GET',
      path: '/system/df',
      query: { type: 'build-cache' },
    });
    if (flags.verbose) for (const record of records) await out.write(`${verbose(record)}\n`);
    else await out.write(table(records));
    const sum = (wanted: (record: BuildCache) => boolean) =>
      humanSize(records.filter(wanted).reduce((total, { Size = 0 }) => total + Size, 0));
    await out.line(`Shared:\t\t${sum(({ Shared = false }) => Shared)}`);
    await out.line(`Private:\t${sum(({ Shared = false }) => !Shared)}`);
    await out.line(`Reclaimable:\t${sum(({ InUse = false }) => !InUse)}`);
    await out.line(`Total:\t\t${sum(() => true)}`);
    return 0;
  },
});

function table(records: BuildCache[]): string {
  const rows = records.map(({ ID = '', InUse, Size = 0, Shared, LastUsedAt, Description = '' }) => [
    ID,
    String(!InUse),
    `${humanSize(Size)}${Shared ? '*' : ''}`,
    LastUsedAt ?? '',
    Description,
  ]);
  const all = [['ID', 'RECLAIMABLE', 'SIZE', 'LAST ACCESSED', 'DESCRIPTION'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}

function verbose(record: BuildCache): string {
  const lines: [string, unknown][] = [
    ['ID', record.ID],
    ['Parents', record.Parents?.join(', ')],
    ['Created at', record.CreatedAt],
    ['Mutable', record.Type === 'exec.cachemount'],
    ['Reclaimable', !record.InUse],
    ['Shared', record.Shared],
    ['Size', humanSize(record.Size ?? 0)],
    ['Description', record.Description],
    ['Usage count', record.UsageCount],
    ['Last used', record.LastUsedAt],
    ['Type', record.Type],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(16)}${value}\n`)
    .join('');
}
