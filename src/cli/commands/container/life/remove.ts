import { ApiError } from '../../../../client/index.ts';
import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';
import { forEachName } from '../../each.ts';

export const remove = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Remove one or more containers',
  aliases: ['container rm', 'container remove', 'rm'],
  flags: {
    force: flag.bool('Force the removal of a running container (uses SIGKILL)', { short: 'f' }),
    link: flag.bool('Remove the specified link', { short: 'l' }),
    volumes: flag.bool('Remove anonymous volumes associated with the container', { short: 'v' }),
  },
  arity: { atLeast: 1 },
  run: (context, { flags, args }) =>
    forEachName(context, args, async (given) => {
      const name = given.replace(/^\/+|\/+$/g, '');
      if (name === '') throw new Error('container name cannot be empty');
      const query = { v: flags.volumes, link: flags.link, force: flags.force };
      try {
        await context.client.send({ method: 'DELETE', path: `/containers/${encodeURIComponent(name)}`, query });
      } catch (error) {
        // What is to be gone by force may be gone already; that is said, but is no failure.
        if (!flags.force || !(error instanceof ApiError) || error.status !== 404) throw error;
        await context.err.line(`Error response from daemon: ${error.message}`);
        return undefined;
      }
      return given;
    }),
});
