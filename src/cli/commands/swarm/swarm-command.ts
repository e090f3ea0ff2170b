import { type Arity, type Command, type Context, command, type Input } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { type FlagTable, flag } from '../../flags/index.ts';

/** A command of a swarm: what its help says, and what it looks at first. */
interface SwarmCommand extends Pick<Command, 'usage' | 'short' | 'aliases' | 'interspersed'> {
  flags: FlagTable;
  arity: Arity;
  /** The path whose answer tells whether the node manages a swarm. */
  asks: string;
  /** Shows things as JSON, an empty list of them here. */
  inspects?: true;
  /** Fails for each argument. */
  each?: true;
  /** Refuses a command line that is wrong in itself, or answers in its own way. */
  before?(context: Context, input: Input): Promise<void>;
}

/** A command that needs a manager: an engine that is none says so, and nothing is changed on one that is. */
export function swarmCommand({ asks, inspects, each, before, ...words }: SwarmCommand): Command {
  return command({
    ...words,
    async run(context, input) {
      await before?.(context, input as Input);
      if (inspects && !input.flags.pretty) {
        await context.out.line(input.flags.format && input.flags.format !== 'json' ? '' : '[]');
        await context.out.flush();
      }
      const times = each ? input.args.length : 1;
      for (let left = times; left > 1; left--) {
        await refuse(context, asks).catch((error: unknown) => context.err.line(errorText(error)));
      }
      return refuse(context, asks);
    },
  });
}

async function refuse({ client }: Context, path: string): Promise<number> {
  await client.send({ method: 'GET', path });
  throw new Error('swarms are not managed by this program');
}

/** A flag whose value is one text, called by another type. */
export function text(usage: string, extra: { type: string; short?: string; shown?: string }) {
  return flag.string(usage, extra);
}
