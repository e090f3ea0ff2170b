import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatRows, type Listing, type Row } from '../../format/table.ts';
import { ellipsis, naturalOrder } from '../../format/text.ts';
import type { Shape } from '../../template/index.ts';
import { formatUsage, inspectFormatUsage } from '../filters.ts';
import { inspectAll } from '../show/inspect-all.ts';
import { defaultDescription, openContexts } from './open.ts';

const shape: Shape = {
  struct: 'context.contextWithTLSListing',
  fields: {
    Name: 'string',
    Metadata: { map: 'any' },
    Endpoints: { map: { struct: 'docker.EndpointMeta', fields: { Host: 'string', SkipTLSVerify: 'bool' } } },
    TLSMaterial: { map: { list: 'string' } },
    Storage: { struct: 'store.StorageInfo', fields: { MetadataPath: 'string', TLSPath: 'string' } },
  },
};

const listing: Listing = {
  headers: {
    Name: 'NAME',
    Description: 'DESCRIPTION',
    DockerEndpoint: 'DOCKER ENDPOINT',
    Error: 'ERROR',
  },
  json: ['Current', 'Description', 'DockerEndpoint', 'Error', 'Name'],
  table: '{{.Name}}{{if .Current}} *{{end}}\\t{{.Description}}\\t{{.DockerEndpoint}}\\t{{.Error}}',
  quiet: '{{.Name}}',
  typeName: '*formatter.clientContextContext',
};

export const list = command({
  usage: '[OPTIONS]',
  short: 'List contexts',
  aliases: ['context ls', 'context list'],
  flags: {
    format: flag.string(formatUsage),
    quiet: flag.bool('Only show context names', { short: 'q' }),
  },
  async run(context, { flags }) {
    const { out, err, env, contextName } = context;
    const contexts = openContexts(context);
    const rows: (Row & { Name: string })[] = (await contexts.list()).map(({ Name, Metadata, Endpoints }) => ({
      Name,
      Current: Name === contextName,
      Description: Name === 'default' ? defaultDescription : String(Metadata.Description ?? ''),
      DockerEndpoint: Endpoints.docker?.Host ?? '',
      Error: Endpoints.docker ? '' : 'cannot find docker endpoint in context',
    }));
    if (!rows.some(({ Name }) => Name === contextName)) {
      const reason = await contexts.get(contextName).then(
        () => '',
        (error: Error) => error.message,
      );
      rows.push({ Name: contextName, Current: true, Description: '', DockerEndpoint: '', Error: ellipsis(reason, 45) });
    }
    const sorted = rows.toSorted((a, b) => naturalOrder(a.Name, b.Name));
    await out.write(formatRows(listing, sorted, flags.quiet ? { quiet: true, format: '' } : flags));
    await out.flush();
    const variable = env.TUG_HOST ? 'TUG_HOST' : env.DOCKER_HOST ? 'DOCKER_HOST' : undefined;
    if (variable) {
      await err.line(
        `Warning: ${variable} environment variable overrides the active context. To use a context, either set the global --context flag, or unset ${variable} environment variable.`,
      );
    }
    return 0;
  },
});

export const inspect = command({
  usage: '[OPTIONS] [CONTEXT] [CONTEXT...]',
  short: 'Display detailed information on one or more contexts',
  flags: { format: flag.string(inspectFormatUsage, { short: 'f' }) },
  arity: { atLeast: 0 },
  run(context, { flags, args }) {
    const contexts = openContexts(context);
    return inspectAll(context, args.length > 0 ? args : [context.contextName], flags.format, async (name) => {
      const { Name, Metadata, Endpoints } = await contexts.get(name);
      const files = Object.entries(await contexts.tls(name)).map(([endpoint, named]) => [endpoint, Object.keys(named)]);
      const TLSMaterial = Object.fromEntries(files) as object;
      return { shape, text: JSON.stringify({ Name, Metadata, Endpoints, TLSMaterial, Storage: contexts.paths(name) }) };
    });
  },
});
