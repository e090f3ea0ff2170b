import { command } from '../../../command.ts';
import { flag, type Values } from '../../../flags/index.ts';
import { forEachName } from '../../each.ts';

const flags = {
  signal: flag.string('Signal to send to the container', { short: 's' }),
  time: flag.int('Seconds to wait before killing the container', { hidden: true }),
  timeout: flag.int('Seconds to wait before killing the container', { short: 't' }),
};

function patience(values: Values<typeof flags>, given: Set<string>): number | undefined {
  if (given.has('time') && given.has('timeout')) {
    throw new Error('conflicting options: cannot specify both --timeout and --time');
  }
  return given.has('time') ? values.time : given.has('timeout') ? values.timeout : undefined;
}

function stopper(verb: 'stop' | 'restart', short: string) {
  return command({
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    short,
    aliases: [`container ${verb}`, verb],
    flags,
    arity: { atLeast: 1 },
    async run(context, { flags, given, args }) {
      if (given.has('time')) await context.out.line('Flag --time has been deprecated, use --timeout instead');
      const query = { signal: flags.signal, t: patience(flags, given) };
      return forEachName(context, args, async (name) => {
        await context.client.send({ method: 'POST', path: `/containers/${encodeURIComponent(name)}/${verb}`, query });
        return name;
      });
    },
  });
}

export const stop = stopper('stop', 'Stop one or more running containers');
export const restart = stopper('restart', 'Restart one or more containers');
