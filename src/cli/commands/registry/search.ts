import { command } from '../../command.ts';
import { authHeader, defaultRegistry, loginIfAny } from '../../config/credentials.ts';
import { flag } from '../../flags/index.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { ellipsis } from '../../format/text.ts';
import { filterFlag, filterQuery, filterValues } from '../filters.ts';

interface Found {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
}

const listing: Listing = {
  headers: { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' },
  table: '{{.Name}}\\t{{.Description}}\\t{{.StarCount}}\\t{{.IsOfficial}}',
  quiet: '{{.Name}}',
  typeName: '*registry.searchContext',
};

export const search = command({
  usage: '[OPTIONS] TERM',
  short: 'Search Docker Hub for images',
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string('Pretty-print search using a Go template'),
    limit: flag.int('Max number of search results'),
    'no-trunc': flag.bool("Don't truncate output"),
  },
  arity: { exactly: 1 },
  async run({ client, config, out, err }, { flags, args }) {
    if (filterValues(flags.filter).has('is-automated')) {
      await err.line(
        'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.',
      );
    }
    const [term = ''] = args;
    const host = term.includes('/') ? (term.split('/')[0] ?? '') : '';
    const registry = /[.:]/.test(host) || host === 'localhost' ? host : defaultRegistry;
    const found = await client.json<Found[]>({
      method: 'GET',
      path: '/images/search',
      query: { term, limit: flags.limit || undefined, filters: filterQuery(flags.filter) },
      headers: { 'X-Registry-Auth': authHeader(await loginIfAny(config, registry)) },
    });
    const isJson = flags.format === 'json';
    const rows = found.map((one): Row => {
      const description = one.description.replace(/[\n\r]/g, ' ');
      return {
        Name: one.name,
        Description: flags['no-trunc'] ? description : ellipsis(description, 45),
        StarCount: String(one.star_count),
        IsOfficial: isJson ? String(one.is_official) : one.is_official ? '[OK]' : '',
      };
    });
    await out.write(formatRows(listing, rows, { format: flags.format, quiet: false }));
    return 0;
  },
});
