import { familiarName, parseReference, withDefaultTag } from '../../../../oci/index.ts';
import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';

export const commit = command({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  short: "Create a new image from a container's changes",
  aliases: ['container commit', 'commit'],
  flags: {
    author: flag.string('Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', { short: 'a' }),
    change: flag.list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: flag.string('Commit message', { short: 'm' }),
    pause: flag.bool('Pause container during commit', { short: 'p', initial: true }),
  },
  arity: { from: 1, to: 2 },
  interspersed: false,
  async run({ client, out }, { flags, args }) {
    const [container = '', name = ''] = args;
    const { Id } = await client.json<{ Id: string }>({
      method: 'POST',
      path: '/commit',
      query: {
        container,
        ...target(name),
        comment: flags.message,
        author: flags.author,
        changes: flags.change,
        pause: flags.pause ? '1' : '0',
      },
    });
    await out.line(Id);
    return 0;
  },
});

/** The new image's name; none is an image without one. */
function target(name: string): { repo?: string; tag?: string | undefined } {
  if (name === '') return {};
  const reference = withDefaultTag(parseReference(name));
  if (reference.digest !== undefined) throw new Error('refusing to create a tag with a digest reference');
  return { repo: familiarName(reference), tag: reference.tag };
}
