import type { SystemVersion } from '../../../api/index.ts';
import { newestVersion } from '../../../client/index.ts';
import { clientCommit, clientVersion } from '../../build.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatJson } from '../../format/json.ts';
import { inspectFormatUsage } from '../filters.ts';
import { showFilled } from '../show/fill.ts';
import { versionShape } from './shapes.ts';

/** What `--version` prints. */
export function versionLine(program: string): string {
  const name = program === 'docker' ? 'Docker' : 'Tug';
  return `${name} version ${clientVersion}`;
}

export const version = command({
  usage: '[OPTIONS]',
  short: 'Show the Docker version information',
  flags: { format: flag.string(inspectFormatUsage, { short: 'f' }) },
  async run({ client, out, contextName }, { flags }) {
    let server: SystemVersion | undefined;
    let failure: unknown;
    try {
      server = await client.json<SystemVersion>({ method: 'GET', path: '/version' });
    } catch (error) {
      failure = error;
    }
    const Client = {
      Version: clientVersion,
      ApiVersion: client.version(),
      DefaultAPIVersion: newestVersion,
      ...(clientCommit ? { GitCommit: clientCommit } : {}),
      Os: process.platform,
      Arch: process.arch === 'x64' ? 'amd64' : process.arch,
      Context: contextName,
    };
    const Server = server && reformatted({ ...server, Platform: server.Platform ?? { Name: '' } });
    const data = { Client, Server };
    if (flags.format === 'json') await out.line(formatJson(data));
    else if (flags.format) await showFilled({ out }, flags.format, { data, shape: versionShape, name: 'version' });
    else await out.write(clientText(Client) + (Server ? serverText(Server) : ''));
    await out.flush();
    if (failure) throw failure;
    return 0;
  },
});

/** The moment of the build as people read it: `Tue Sep 15 11:02:57 2026`. */
function reformatted(server: SystemVersion): SystemVersion {
  const Components = (server.Components ?? []).map((component) => {
    const details = component.Details as Record<string, string> | undefined;
    if (!details?.BuildTime) return component;
    return { ...component, Details: { ...details, BuildTime: ansiTime(details.BuildTime) } };
  });
  return { ...server, Components, ...(server.BuildTime ? { BuildTime: ansiTime(server.BuildTime) } : {}) };
}

function ansiTime(text: string): string {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return text;
  const [day = '', month = '', date = '', year = ''] = moment
    .toDateString()
    .replace(/ 0(\d) /, '  $1 ')
    .split(/ (?! )/);
  return `${day} ${month} ${date.padStart(2)} ${moment.toTimeString().slice(0, 8)} ${year}`;
}

function clientText(client: Record<string, string>): string {
  const isOlder = client.ApiVersion !== client.DefaultAPIVersion;
  const rows = [
    ['Version:', client.Version],
    ['API version:', `${client.ApiVersion}${isOlder ? ` (downgraded from ${client.DefaultAPIVersion})` : ''}`],
    ...(client.GitCommit ? [['Git commit:', client.GitCommit]] : []),
    ['OS/Arch:', `${client.Os}/${client.Arch}`],
    ['Context:', client.Context],
  ];
  return `Client:\n${rows.map(([name = '', value]) => ` ${name.padEnd(18)} ${value}\n`).join('')}`;
}

function serverText(server: SystemVersion): string {
  const platform = server.Platform?.Name ? ` ${server.Platform.Name}` : '';
  const blocks = (server.Components ?? []).map(({ Name, Version, Details }) => {
    const details = { ...(Details as Record<string, string> | undefined) };
    const rows: [string, string | undefined][] =
      Name === 'Engine'
        ? [
            ['Version:', Version],
            ['API version:', `${details.ApiVersion} (minimum version ${details.MinAPIVersion})`],
            ['Go version:', details.GoVersion],
            ['Git commit:', details.GitCommit],
            ['Built:', details.BuildTime],
            ['OS/Arch:', `${details.Os}/${details.Arch}`],
            ['Experimental:', details.Experimental],
          ]
        : [
            ['Version:', Version],
            ...Object.keys(details)
              .toSorted()
              .map((key): [string, string | undefined] => [`${key}:`, details[key]]),
          ];
    const shown = rows.filter(([, value]) => value !== undefined);
    return ` ${Name}:\n${shown.map(([name, value]) => `  ${name.padEnd(17)} ${value}\n`).join('')}`;
  });
  return `\nServer:${platform}\n${blocks.join('')}`;
}
