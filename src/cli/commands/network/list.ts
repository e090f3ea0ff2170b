import type { Network } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { displayId, joinLabels, naturalOrder } from '../../format/text.ts';
import { preciseMoment } from '../../format/time.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';

const listing: Listing = {
  headers: {
    ID: 'NETWORK ID',
    Name: 'NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    IPv4: 'IPV4',
    IPv6: 'IPV6',
    Internal: 'INTERNAL',
    Labels: 'LABELS',
    CreatedAt: 'CREATED AT',
  },
  table: '{{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}',
  quiet: '{{.ID}}',
  typeName: '*network.networkContext',
};

export const list = command({
  usage: '[OPTIONS]',
  short: 'List networks',
  aliases: ['network ls', 'network list'],
  flags: {
    filter: filterFlag('Provide filter values (e.g. "driver=bridge")'),
    format: flag.string(formatUsage),
    'no-trunc': flag.bool('Do not truncate the output'),
    quiet: flag.bool('Only display network IDs', { short: 'q' }),
  },
  async run({ client, config, out }, { flags }) {
    const query = { filters: filterQuery(flags.filter) };
    const networks = await client.json<Network[]>({ method: 'GET', path: '/networks', query });
    const sorted = networks.toSorted((a, b) => naturalOrder(a.Name ?? '', b.Name ?? ''));
    const rows = sorted.map((network) => networkRow(network, flags['no-trunc']));
    const format = flags.format || (flags.quiet ? '' : (config.data.networksFormat ?? ''));
    await out.write(formatRows(listing, rows, { ...flags, format }));
    return 0;
  },
});

function networkRow(network: Network, isWhole: boolean): Row {
  return {
    ID: () => displayId(network.Id ?? '', isWhole),
    Name: network.Name,
    Driver: network.Driver,
    Scope: network.Scope,
    IPv4: String(network.EnableIPv4 ?? true),
    IPv6: String(network.EnableIPv6 ?? false),
    Internal: String(network.Internal ?? false),
    Labels: () => joinLabels(network.Labels),
    Label: (name: string) => network.Labels?.[name] ?? '',
    CreatedAt: () => preciseMoment(network.Created as unknown as string),
  };
}
