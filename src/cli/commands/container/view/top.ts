import type { ContainerTopResponse } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { alignColumns } from '../../../format/table.ts';

export const top = command({
  usage: 'CONTAINER [ps OPTIONS]',
  short: 'Display the running processes of a container',
  aliases: ['container top', 'top'],
  flags: {},
  arity: { atLeast: 1 },
  interspersed: false,
  async run({ client, out }, { args }) {
    const [name = '', ...options] = args;
    const { Titles, Processes } = await client.json<ContainerTopResponse>({
      method: 'GET',
      path: `/containers/${encodeURIComponent(name)}/top`,
      query: { ps_args: options.join(' ') },
    });
    const lines = [Titles ?? [], ...(Processes ?? [])].map((cells) => cells.join('\t'));
    await out.write(alignColumns(lines, 20));
    return 0;
  },
});
