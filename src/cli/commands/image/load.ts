import { parsePlatform } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { readInput } from '../../stdio/input.ts';
import { showProgress } from '../../stdio/progress.ts';
import { readFileOf } from './tarball.ts';

export const load = command({
  usage: '[OPTIONS]',
  short: 'Load an image from a tar archive or STDIN',
  aliases: ['image load', 'load'],
  flags: {
    input: flag.string('Read from tar archive file, instead of STDIN', { short: 'i' }),
    platform: flag.string(
      'Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
    ),
    quiet: flag.bool('Suppress the load output', { short: 'q' }),
  },
  async run({ client, out }, { flags }) {
    if (flags.input === '' && (await import('../../stdio/terminal.ts')).stdinIsTerminal()) {
      throw new Error('requested load from stdin, but stdin is empty');
    }
    const upload = flags.input === '' ? readInput() : await readFileOf(flags.input);
    // A bar is for terminals only.
    const quiet = flags.quiet || !(await import('../../stdio/terminal.ts')).stdoutIsTerminal();
    const reply = await client.request({
      method: 'POST',
      path: '/images/load',
      query: { quiet: quiet ? 1 : 0, platform: platformQuery(flags.platform) },
      upload,
    });
    if (reply.headers.get('content-type')?.startsWith('application/json')) await showProgress(reply.body, out);
    else for await (const bytes of reply.body) await out.write(bytes);
    return 0;
  },
});

function platformQuery(platform: string): string | undefined {
  return platform === '' ? undefined : JSON.stringify(parsePlatform(platform));
}
