import { command } from '../../../command.ts';
import { forEachName } from '../../each.ts';

function switcher(verb: 'pause' | 'unpause', short: string) {
  return command({
    usage: 'CONTAINER [CONTAINER...]',
    short,
    aliases: [`container ${verb}`, verb],
    flags: {},
    arity: { atLeast: 1 },
    run: (context, { args }) =>
      forEachName(context, args, async (name) => {
        await context.client.send({ method: 'POST', path: `/containers/${encodeURIComponent(name)}/${verb}` });
        return name;
      }),
  });
}

export const pause = switcher('pause', 'Pause all processes within one or more containers');
export const unpause = switcher('unpause', 'Unpause all processes within one or more containers');
