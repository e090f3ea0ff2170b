import type { SystemVersion } from '../../../api/index.ts';
import { clientVersion } from '../../build.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatJson } from '../../format/json.ts';
import { compileTemplate } from '../../template/index.ts';

/** What `--version` prints. */
export function versionLine(program: string): string {
  const name = program === 'docker' ? 'Docker' : 'Tug';
  return `${name} version ${clientVersion}`;
}

export const version = command({
  usage: '[OPTIONS]',
  short: 'Show the Docker version information',
  flags: {
    format: flag.string(
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
      { short: 'f' },
    ),
  },
  async run({ client, out }, { flags }) {
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
      DefaultAPIVersion: client.version(),
      Os: process.platform,
      Arch: process.arch === 'x64' ? 'amd64' : process.arch,
      Context: 'default',
    };
    const Server = server && { ...server, Platform: server.Platform ?? { Name: '' } };
    const data = { Client, Server };
    if (flags.format === 'json') await out.line(formatJson(data));
    else if (flags.format) await out.line(compileTemplate(flags.format)(data));
    else await out.write(clientText(Client) + (server ? serverText(server) : ''));
    await out.flush();
    if (failure) throw failure;
    return 0;
  },
});

function clientText(client: Record<string, string>): string {
  const rows = [
    ['Version:', client.Version],
    ['API version:', client.ApiVersion],
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
