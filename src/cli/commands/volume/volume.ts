import type { Volume, VolumeListResponse } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { collectLabels, toMap } from '../../create/env.ts';
import { flag } from '../../flags/index.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { joinLabels } from '../../format/text.ts';
import { forEachName } from '../container/each.ts';
import { filterFlag, filterQuery, formatUsage } from '../filters.ts';

const listing: Listing = {
  headers: {
    Name: 'VOLUME NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    Mountpoint: 'MOUNTPOINT',
    Labels: 'LABELS',
    Links: 'LINKS',
    Size: 'SIZE',
    Group: 'GROUP',
    Availability: 'AVAILABILITY',
    Status: 'STATUS',
  },
  table: '{{.Driver}}\\t{{.Name}}',
  quiet: '{{.Name}}',
  typeName: '*formatter.volumeContext',
};

export const list = command({
  usage: '[OPTIONS]',
  short: 'List volumes',
  aliases: ['volume ls', 'volume list'],
  flags: {
    filter: filterFlag('Provide filter values (e.g. "dangling=true")'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display volume names', { short: 'q' }),
  },
  async run({ client, out }, { flags }) {
    const query = { filters: filterQuery(flags.filter) };
    const { Volumes } = await client.json<VolumeListResponse>({ method: 'GET', path: '/volumes', query });
    const volumes = [...(Volumes ?? [])].toSorted((a, b) => a.Name.localeCompare(b.Name, 'en', { numeric: true }));
    await out.write(formatRows(listing, volumes.map(volumeRow), flags));
    return 0;
  },
});

function volumeRow(volume: Volume): Row {
  return {
    Name: volume.Name,
    Driver: volume.Driver,
    Scope: volume.Scope,
    Mountpoint: volume.Mountpoint,
    Labels: () => joinLabels(volume.Labels),
    Label: (name: string) => volume.Labels?.[name] ?? '',
    Links: 'N/A',
    Size: 'N/A',
    Group: 'N/A',
    Availability: 'N/A',
    Status: 'N/A',
  };
}

export const create = command({
  usage: '[OPTIONS] [VOLUME]',
  short: 'Create a volume',
  flags: {
    driver: flag.string('Specify volume driver name', { short: 'd', initial: 'local' }),
    label: flag.list('Set metadata for a volume'),
    name: flag.string('Specify volume name', { hidden: true }),
    opt: flag.list('Set driver specific options', { short: 'o', type: 'map', shown: 'map[]' }),
  },
  arity: { atMost: 1 },
  async run({ client, out }, { flags, args }) {
    if (flags.name && args[0] !== undefined) {
      throw new Error('conflicting options: cannot specify a volume-name through both --name and as a positional arg');
    }
    const volume = await client.json<Volume>({
      method: 'POST',
      path: '/volumes/create',
      body: {
        Name: args[0] ?? flags.name,
        Driver: flags.driver,
        DriverOpts: toMap(flags.opt),
        Labels: collectLabels([], flags.label),
      },
    });
    await out.line(volume.Name);
    return 0;
  },
});

export const remove = command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  short: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
  aliases: ['volume rm', 'volume remove'],
  flags: { force: flag.bool('Force the removal of one or more volumes', { short: 'f' }) },
  arity: { atLeast: 1 },
  run: (context, { flags, args }) =>
    forEachName(context, args, async (name) => {
      const path = `/volumes/${encodeURIComponent(name)}`;
      await context.client.send({ method: 'DELETE', path, query: { force: flags.force } });
      return name;
    }),
});
