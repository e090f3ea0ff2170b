import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';
import { forEachName } from '../../each.ts';

export const kill = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Kill one or more running containers',
  aliases: ['container kill', 'kill'],
  flags: { signal: flag.string('Signal to send to the container', { short: 's' }) },
  arity: { atLeast: 1 },
  run: (context, { flags, args }) =>
    forEachName(context, args, async (name) => {
      const path = `/containers/${encodeURIComponent(name)}/kill`;
      await context.client.send({ method: 'POST', path, query: { signal: flags.signal } });
      return name;
    }),
});
