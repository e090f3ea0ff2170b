import type { ContainerSummary } from '../../../../api/index.ts';
import { type Context, command } from '../../../command.ts';
import { flag, type Values } from '../../../flags/index.ts';
import { formatRows } from '../../../format/table.ts';
import { compileTemplate, type Template } from '../../../template/index.ts';
import { filterFlag, filterQuery, formatUsage } from '../../filters.ts';
import { containerListing, containerRow } from './rows.ts';

const flags = {
  all: flag.bool('Show all containers (default shows just running)', { short: 'a' }),
  filter: filterFlag('Filter output based on conditions provided'),
  format: flag.string(formatUsage),
  last: flag.int('Show n last created containers (includes all states)', { short: 'n', initial: -1 }),
  latest: flag.bool('Show the latest created container (includes all states)', { short: 'l' }),
  'no-trunc': flag.bool("Don't truncate output"),
  quiet: flag.bool('Only display container IDs', { short: 'q' }),
  size: flag.bool('Display total file sizes', { short: 's' }),
};

export const list = command({
  usage: '[OPTIONS]',
  short: 'List containers',
  aliases: ['container ls', 'container list', 'container ps', 'ps'],
  flags,
  async run(context, { flags, given }) {
    const source = await formatOf(context, flags);
    const wantsSize = flags.size || (source !== '' && namesSize(source) && !flags.quiet && !given.has('size'));
    const limit = flags.latest && flags.last === -1 ? 1 : flags.last;
    const containers = await context.client.json<ContainerSummary[]>({
      method: 'GET',
      path: '/containers/json',
      query: {
        all: flags.all,
        limit: limit > 0 ? limit : undefined,
        size: wantsSize,
        filters: filterQuery(flags.filter),
      },
    });
    const now = Date.now();
    const rows = containers.map((one) => containerRow(one, { isWhole: flags['no-trunc'], now }));
    const format = finalFormat(source, flags.quiet, wantsSize);
    await context.out.write(formatRows(containerListing(wantsSize), rows, { format, quiet: false }));
    return 0;
  },
});

async function formatOf({ config, err }: Context, { format, quiet }: Values<typeof flags>): Promise<string> {
  if (format === '') return config.data.psFormat ?? '';
  if (quiet) await err.line('WARNING: Ignoring custom format, because both --format and --quiet are set.');
  return format;
}

const raw = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;

function finalFormat(source: string, quiet: boolean, withSize: boolean): string {
  if (source === 'raw') return quiet ? 'container_id: {{.ID}}' : `${raw}${withSize ? 'size: {{.Size}}\n' : ''}`;
  return quiet ? '{{.ID}}' : source;
}

/** Whether a template asks for the size, which is costly to know. What no container has is found here, before the engine is asked. */
function namesSize(source: string): boolean {
  let isNamed = false;
  const Size = () => {
    isNamed = true;
    return '';
  };
  const { typeName } = containerListing(false);
  let template: Template;
  try {
    template = compileTemplate(source, { typeName });
  } catch (error) {
    throw new Error(`failed to parse template: ${(error as Error).message}`, { cause: error });
  }
  try {
    template({ ...containerRow({}, { isWhole: false, now: 0 }), Size });
  } catch (error) {
    throw new Error(`failed to execute template: ${(error as Error).message}`, { cause: error });
  }
  return isNamed;
}
