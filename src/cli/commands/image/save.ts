import { parsePlatform } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { saveBody } from '../../stdio/save.ts';

export const save = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  short: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
  aliases: ['image save', 'save'],
  flags: {
    output: flag.string('Write to a file, instead of STDOUT', { short: 'o' }),
    platform: flag.string(
      'Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
    ),
  },
  arity: { atLeast: 1 },
  examples: [['Carry an image to another machine', 'save -o web.tar web:1']],
  async run(context, { flags, args }) {
    const platform = flags.platform ? { platform: platformOf(flags.platform) } : {};
    const call = { method: 'GET' as const, path: '/images/get', query: { names: args, ...platform } };
    await saveBody(context, call, { file: flags.output, what: 'failed to save image' });
    return 0;
  },
});

function platformOf(text: string): string {
  try {
    return JSON.stringify(parsePlatform(text));
  } catch (error) {
    throw new Error(`invalid platform: ${(error as Error).message}`, { cause: error });
  }
}
