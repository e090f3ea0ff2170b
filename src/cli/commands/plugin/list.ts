import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { displayId, ellipsis, naturalOrder } from '../../format/text.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';

/** A plugin of the engine. */
interface EnginePlugin {
  Id: string;
  Name: string;
  Enabled: boolean;
  PluginReference?: string;
  Config?: { Description?: string };
}

const listing: Listing = {
  headers: {
    ID: 'ID',
    Name: 'NAME',
    Description: 'DESCRIPTION',
    Enabled: 'ENABLED',
    PluginReference: 'PLUGIN REFERENCE',
  },
  table: '{{.ID}}\\t{{.Name}}\\t{{.Description}}\\t{{.Enabled}}',
  quiet: '{{.ID}}',
  typeName: '*plugin.pluginContext',
};

export const list = command({
  usage: '[OPTIONS]',
  short: 'List plugins',
  aliases: ['plugin ls', 'plugin list'],
  flags: {
    filter: filterFlag('Provide filter values (e.g. "enabled=true")'),
    format: flag.string(formatUsage),
    'no-trunc': flag.bool("Don't truncate output"),
    quiet: flag.bool('Only display plugin IDs', { short: 'q' }),
  },
  async run({ client, config, out }, { flags }) {
    const query = { filters: filterQuery(flags.filter) };
    const plugins = await client.json<EnginePlugin[]>({ method: 'GET', path: '/plugins', query });
    const rows = plugins
      .toSorted((a, b) => naturalOrder(a.Name, b.Name))
      .map(({ Id, Name, Enabled, PluginReference = '', Config }): Row => {
        const description = (Config?.Description ?? '').replace(/[\n\r]/g, '');
        return {
          ID: displayId(Id, flags['no-trunc']),
          Name,
          Description: flags['no-trunc'] ? description : ellipsis(description, 45),
          Enabled,
          PluginReference,
        };
      });
    const format = flags.format || (flags.quiet ? '' : (config.data.pluginsFormat ?? ''));
    await out.write(formatRows(listing, rows, { ...flags, format }));
    return 0;
  },
});
