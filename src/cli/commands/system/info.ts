import type { SystemInfo } from '../../../api/index.ts';
import { clientVersion } from '../../build.ts';
import { type Context, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { formatJson, parseJson } from '../../format/json.ts';
import { compileTemplate } from '../../template/index.ts';
import { infoText } from './info-text.ts';

export const info = command({
  usage: '[OPTIONS]',
  short: 'Display system-wide information',
  aliases: ['system info', 'info'],
  flags: {
    format: flag.string(
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
      { short: 'f' },
    ),
  },
  async run(context, { flags }) {
    const ClientInfo = { Debug: false, Version: clientVersion, Context: 'default', Plugins: [], Warnings: null };
    const server = await fetchInfo(context);
    if (typeof server !== 'string') {
      if (flags.format === '') {
        await context.out.write(`${clientText}\nServer:\n`);
        await context.out.flush();
      }
      throw server;
    }
    const data = { ...(parseJson(server) as SystemInfo), ClientInfo };
    if (flags.format === 'json') await context.out.line(formatJson(data));
    else if (flags.format) await context.out.line(compileTemplate(flags.format, 'system.dockerInfo')(data));
    else {
      await context.out.write(`${clientText}\nServer:\n${infoText(data)}\n`);
      await context.out.flush();
      for (const warning of data.Warnings ?? []) await context.err.line(warning);
    }
    return 0;
  },
});

const clientText = `Client:\n Version:    ${clientVersion}\n Context:    default\n Debug Mode: false\n`;

async function fetchInfo({ client }: Context): Promise<string | Error> {
  try {
    return await (await client.request({ method: 'GET', path: '/info' })).text();
  } catch (error) {
    return error as Error;
  }
}
