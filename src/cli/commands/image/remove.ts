import type { ImageDeleteResponseItem } from '../../../api/index.ts';
import { ApiError } from '../../../client/index.ts';
import { parsePlatform } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';

export const remove = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  short: 'Remove one or more images',
  aliases: ['image rm', 'image remove', 'rmi'],
  flags: {
    force: flag.bool('Force removal of the image', { short: 'f' }),
    'no-prune': flag.bool('Do not delete untagged parents'),
    platform: flag.strings(
      'Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
    ),
  },
  arity: { atLeast: 1 },
  async run({ client, out, err }, { flags, args }) {
    const platforms = flags.platform.map((text) => JSON.stringify(parsePlatform(text)));
    const failures: unknown[] = [];
    for (const name of args) {
      try {
        const done = await client.json<ImageDeleteResponseItem[]>({
          method: 'DELETE',
          path: `/images/${encodeURIComponent(name).replaceAll('%2F', '/')}`,
          query: { force: flags.force, noprune: flags['no-prune'], platforms },
        });
        for (const { Deleted, Untagged } of done)
          await out.line(Deleted ? `Deleted: ${Deleted}` : `Untagged: ${Untagged}`);
      } catch (error) {
        failures.push(error);
      }
    }
    await out.flush();
    for (const failure of failures) await err.line(errorText(failure));
    return failures.length > 0 && !(flags.force && failures.every(isGone)) ? 1 : 0;
  },
});

function isGone(failure: unknown): boolean {
  return failure instanceof ApiError && failure.status === 404;
}
