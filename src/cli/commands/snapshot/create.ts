import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { snapshotsPath } from './path.ts';

/** Docker has no such command: the engine's own. */
export const create = command({
  usage: '[OPTIONS] CONTAINER [NAME]',
  short: "Keep a container's own files as they are now",
  flags: {
    message: flag.string('What the snapshot is for', { short: 'm' }),
    pause: flag.bool('Pause the container meanwhile', { short: 'p', initial: true }),
  },
  arity: { from: 1, to: 2 },
  async run({ client, out }, { flags, args }) {
    const [container = '', name = ''] = args;
    const body = { Name: name, Comment: flags.message, Pause: flags.pause };
    const { Name } = await client.json<{ Name: string }>({ method: 'POST', path: snapshotsPath(container), body });
    await out.line(Name);
    return 0;
  },
});
