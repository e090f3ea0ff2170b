import type { SystemInfo } from '../../../api/index.ts';
import { newestVersion } from '../../../client/index.ts';
import { clientCommit, clientVersion } from '../../build.ts';
import { CliError, type Context, command } from '../../command.ts';
import { defaultRegistry, findLogin } from '../../config/credentials.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { formatJson, parseJson } from '../../format/json.ts';
import { listPlugins, type Plugin } from '../../plugins/find.ts';
import { inspectFormatUsage } from '../filters.ts';
import { showFilled } from '../show/fill.ts';
import { infoText } from './info-text.ts';
import { infoShape } from './shapes.ts';

export const info = command({
  usage: '[OPTIONS]',
  short: 'Display system-wide information',
  aliases: ['system info', 'info'],
  flags: { format: flag.string(inspectFormatUsage, { short: 'f' }) },
  async run(context, { flags }) {
    const plugins = await listPlugins(context);
    if (flags.format === '') return showText(context, plugins);
    const server = needsServer(flags.format) ? await fetchInfo(context) : {};
    if (server instanceof Error) throw server;
    const data = { ...server, ClientInfo: clientInfo(context, plugins) };
    if (flags.format === 'json') await context.out.line(formatJson(data));
    else await showFilled(context, flags.format, { data, shape: infoShape });
    return 0;
  },
});

/** A template of the client's fields alone asks no engine. */
function needsServer(format: string): boolean {
  const fields = [...format.matchAll(/\.([a-zA-Z]\w*)/g)].map(([, name]) => name);
  return fields.length === 0 || !fields[0]?.startsWith('Client');
}

function clientInfo({ contextName, globals }: Context, plugins: Plugin[]) {
  return {
    Debug: globals.values.debug,
    Version: clientVersion,
    DefaultAPIVersion: newestVersion,
    GitCommit: clientCommit,
    Os: process.platform,
    Arch: process.arch === 'x64' ? 'amd64' : process.arch,
    Context: contextName,
    Plugins: plugins.map(({ name, path, fault, metadata, shadowed }) => ({
      ...metadata,
      Name: name,
      Path: path,
      ...(fault ? { Err: fault } : {}),
      ...(shadowed.length > 0 ? { ShadowedPaths: shadowed } : {}),
    })),
    Warnings: null,
  };
}

async function showText(context: Context, plugins: Plugin[]): Promise<number> {
  const { out, err, config, globals, contextName } = context;
  const lines = ['Client:', ` Version:    ${clientVersion}`, ` Context:    ${contextName}`];
  lines.push(` Debug Mode: ${globals.values.debug}`);
  if (plugins.length > 0) lines.push(' Plugins:', ...plugins.filter(({ fault }) => !fault).flatMap(pluginLines));
  await out.line(lines.join('\n'));
  await out.flush();
  for (const { path, fault } of plugins.filter((one) => one.fault)) {
    await err.line(`WARNING: Plugin ${JSON.stringify(path)} is not valid: ${fault}`);
  }
  await out.write('\nServer:\n');
  const server = await fetchInfo(context);
  await out.flush();
  if (server instanceof Error) {
    if (!isRefusal(server)) throw server;
    await err.line(`ERROR: ${errorText(server)}`);
    throw new CliError('errors pretty printing info');
  }
  const login = await findLogin(config, defaultRegistry).catch(() => ({ username: '' }));
  const text = infoText(server as SystemInfo, { debug: globals.values.debug, user: login.username ?? '' });
  await out.write(`${text}\n`);
  await out.flush();
  for (const warning of (server as SystemInfo).Warnings ?? []) await err.line(warning);
  return 0;
}

function isRefusal(error: Error): boolean {
  return error.name === 'ApiError';
}

function pluginLines({ name, short, vendor, version, path }: Plugin): string[] {
  const head = `  ${name}: ${short} (${vendor})`;
  return [head, ...(version ? [`    Version:  ${version}`] : []), `    Path:     ${path}`];
}

async function fetchInfo({ client }: Context): Promise<object | Error> {
  try {
    return parseJson(await (await client.request({ method: 'GET', path: '/info' })).text()) as object;
  } catch (error) {
    return error as Error;
  }
}
