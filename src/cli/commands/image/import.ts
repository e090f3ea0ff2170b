import { familiarName, parseReference } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { readInput } from '../../stdio/input.ts';
import { showProgress } from '../../stdio/progress.ts';
import { readFileOf } from './tarball.ts';

export const importImage = command({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  short: 'Import the contents from a tarball to create a filesystem image',
  aliases: ['image import', 'import'],
  flags: {
    change: flag.list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: flag.string('Set commit message for imported image', { short: 'm' }),
    platform: flag.string('Set platform if server is multi-platform capable'),
  },
  arity: { atLeast: 1 },
  async run({ client, out }, { flags, args }) {
    const [source = '', name] = args;
    if (name !== undefined) familiarName(parseReference(name));
    const isRemote = /^https?:\/\//.test(source);
    const upload = isRemote ? undefined : source === '-' ? readInput() : await readFileOf(source);
    const reply = await client.request({
      method: 'POST',
      path: '/images/create',
      query: {
        fromSrc: isRemote ? source : '-',
        repo: name,
        message: flags.message,
        changes: flags.change,
        platform: flags.platform,
      },
      ...(upload ? { upload } : {}),
      headers: { 'Content-Type': 'text/plain' },
    });
    await showProgress(reply.body, out);
    return 0;
  },
});
