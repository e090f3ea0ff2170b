import { command } from '../../command.ts';
import { forEachName } from '../each.ts';
import { snapshotsPath } from './path.ts';

/** Docker has no such command: the engine's own. */
export const remove = command({
  usage: 'CONTAINER NAME [NAME...]',
  short: 'Remove one or more snapshots of a container',
  aliases: ['snapshot rm', 'snapshot remove'],
  flags: {},
  arity: { atLeast: 2 },
  async run(context, { args }) {
    const [container = '', ...names] = args;
    return forEachName(context, names, async (snapshot) => {
      await context.client.send({ method: 'DELETE', path: snapshotsPath(container), query: { snapshot } });
      return snapshot;
    });
  },
});
