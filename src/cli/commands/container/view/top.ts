import type { ContainerTopResponse } from '../../../../api/index.ts';
import { checkArity } from '../../../arity.ts';
import { CliError, type Context, command } from '../../../command.ts';
import { alignColumns } from '../../../format/table.ts';

export const top = command({
  usage: 'CONTAINER [ps OPTIONS]',
  short: 'Display the running processes of a container',
  aliases: ['container top', 'top'],
  flags: {},
  // Called as Docker's it wants a container; called by our own name it shows them all.
  arity: { atLeast: 0 },
  interspersed: false,
  async run(context, { args }) {
    if (args.length === 0) return withoutContainer(context);
    const { client, out } = context;
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

async function withoutContainer(context: Context): Promise<number> {
  const { program } = context;
  if (program !== 'docker') {
    const { showLive } = await import('./live/live.ts');
    return showLive(context);
  }
  const wrong = checkArity({ ...top, arity: { atLeast: 1 } }, `${program} top`, 0, program);
  throw new CliError(wrong ?? '');
}
