import { command } from '../../command.ts';
import { createFlags } from '../../create/flags.ts';
import { flag } from '../../flags/index.ts';
import { createContainer, prepare } from './prepare.ts';

export const create = command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create a new container',
  aliases: ['container create', 'create'],
  flags: {
    ...createFlags,
    pull: flag.string('Pull image before creating ("always", "|missing", "never")', { initial: 'missing' }),
  },
  arity: { atLeast: 1 },
  interspersed: false,
  async run(context, { flags, given, args }) {
    const prepared = prepare({ flags, given, args, env: context.env });
    await context.out.line(await createContainer(context, prepared));
    return 0;
  },
});
