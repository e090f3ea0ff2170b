import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';
import { saveBody } from '../../../stdio/save.ts';

export const exportContainer = command({
  usage: '[OPTIONS] CONTAINER',
  short: "Export a container's filesystem as a tar archive",
  aliases: ['container export', 'export'],
  flags: { output: flag.string('Write to a file, instead of STDOUT', { short: 'o' }) },
  arity: { exactly: 1 },
  async run(context, { flags, args }) {
    const path = `/containers/${encodeURIComponent(args[0] ?? '')}/export`;
    await saveBody(context, { method: 'GET', path }, { file: flags.output, what: 'failed to export container' });
    return 0;
  },
});
