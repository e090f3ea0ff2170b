import { command } from '../../../command.ts';
import { forEachName } from '../each.ts';
import { waitForExit } from '../run.ts';

export const wait = command({
  usage: 'CONTAINER [CONTAINER...]',
  short: 'Block until one or more containers stop, then print their exit codes',
  aliases: ['container wait', 'wait'],
  flags: {},
  arity: { atLeast: 1 },
  run: (context, { args }) =>
    forEachName(context, args, async (name) => {
      const exited = await waitForExit(context.client, encodeURIComponent(name), 'not-running');
      return String(await exited.code);
    }),
});
