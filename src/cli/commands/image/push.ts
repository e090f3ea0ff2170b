import { familiarName, familiarString, hostPlatform, parsePlatform, parseReference } from '../../../oci/index.ts';
import { type Context, command } from '../../command.ts';
import { authHeader, loginIfAny, registryOf } from '../../config/credentials.ts';
import { flag } from '../../flags/index.ts';
import { printNote } from '../../stdio/note.ts';
import { showProgress } from '../../stdio/progress.ts';
import { isNamed, readTarget, wholeName } from './pull.ts';
import { refuseTrust } from './trust.ts';

export const push = command({
  usage: '[OPTIONS] NAME[:TAG]',
  short: 'Upload an image to a registry',
  aliases: ['image push', 'push'],
  flags: {
    'all-tags': flag.bool('Push all tags of an image to the repository', { short: 'a' }),
    'disable-content-trust': flag.bool('Skip image signing', { initial: true }),
    platform: flag.string(
      "Push a platform-specific manifest as a single-platform image to the registry.\nImage index won't be pushed, meaning that other manifests, including attestations won't be preserved.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
    ),
    quiet: flag.bool('Suppress verbose output', { short: 'q' }),
  },
  arity: { exactly: 1 },
  async run(context, { flags, given, args }) {
    const { client, config, out, env } = context;
    const platform = flags.platform ? await readPlatform(context, flags.platform) : undefined;
    refuseTrust(flags, given, env);
    const [image = ''] = args;
    const reference = readTarget(image, flags['all-tags']);
    if (!isNamed(parseReference(image)) && !flags['all-tags'] && !flags.quiet) {
      await out.line(`Using default tag: ${reference.tag}`);
    }
    const reply = await client.request({
      method: 'POST',
      path: `/images/${familiarName(reference)}/push`,
      query: { tag: reference.tag, ...(platform ? { platform: JSON.stringify(platform) } : {}) },
      headers: { 'X-Registry-Auth': authHeader(await loginIfAny(config, registryOf(familiarString(reference)))) },
    });
    await showProgress(reply.body, flags.quiet ? undefined : out);
    if (flags.quiet) await out.line(wholeName(reference));
    return 0;
  },
});

async function readPlatform({ out, err }: Context, text: string) {
  try {
    const platform = parsePlatform(text);
    const { stdoutIsTerminal } = await import('../../stdio/terminal.ts');
    await printNote(
      out,
      'Using --platform pushes only the specified platform manifest of a multi-platform image index.\nOther components, like attestations, will not be included.\nTo push the complete multi-platform image, remove the --platform flag.\n',
      stdoutIsTerminal(),
    );
    return { ...hostPlatform(), ...platform };
  } catch (error) {
    await err.write(`Invalid platform ${text}`);
    throw error;
  }
}
