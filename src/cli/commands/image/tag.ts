import { familiarName, parseReference, withDefaultTag } from '../../../oci/index.ts';
import { command } from '../../command.ts';

export const tag = command({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  short: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  aliases: ['image tag', 'tag'],
  flags: {},
  arity: { exactly: 2 },
  async run({ client }, { args }) {
    const [source = '', target = ''] = args;
    const reference = readTarget(target);
    if (reference.digest !== undefined) throw new Error('refusing to create a tag with a digest reference');
    await client.send({
      method: 'POST',
      path: `/images/${encodeURIComponent(source).replaceAll('%2F', '/')}/tag`,
      query: { repo: familiarName(reference), tag: reference.tag },
    });
    return 0;
  },
});

function readTarget(target: string) {
  try {
    return withDefaultTag(parseReference(target));
  } catch (error) {
    throw new Error(
      `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
