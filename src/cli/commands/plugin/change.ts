import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { forEachName } from '../each.ts';

const path = (name: string | undefined, verb = '') => `/plugins/${encodeURIComponent(name ?? '')}${verb}`;

export const disable = command({
  usage: '[OPTIONS] PLUGIN',
  short: 'Disable a plugin',
  flags: { force: flag.bool('Force the disable of an active plugin', { short: 'f' }) },
  arity: { exactly: 1 },
  async run({ client, out }, { flags, args }) {
    await client.send({ method: 'POST', path: path(args[0], '/disable'), query: { force: flags.force } });
    await out.line(args[0] ?? '');
    return 0;
  },
});

export const enable = command({
  usage: '[OPTIONS] PLUGIN',
  short: 'Enable a plugin',
  flags: { timeout: flag.int('HTTP client timeout (in seconds)', { initial: 30 }) },
  arity: { exactly: 1 },
  async run({ client, out }, { flags, args }) {
    if (flags.timeout < 0) throw new Error(`negative timeout ${flags.timeout} is invalid`);
    await client.send({ method: 'POST', path: path(args[0], '/enable'), query: { timeout: flags.timeout } });
    await out.line(args[0] ?? '');
    return 0;
  },
});

export const remove = command({
  usage: '[OPTIONS] PLUGIN [PLUGIN...]',
  short: 'Remove one or more plugins',
  aliases: ['plugin rm', 'plugin remove'],
  flags: { force: flag.bool('Force the removal of an active plugin', { short: 'f' }) },
  arity: { atLeast: 1 },
  async run(context, { flags, args }) {
    return forEachName(context, args, async (name) => {
      await context.client.send({ method: 'DELETE', path: path(name), query: { force: flags.force } });
      return name;
    });
  },
});

export const set = command({
  usage: 'PLUGIN KEY=VALUE [KEY=VALUE...]',
  short: 'Change settings for a plugin',
  flags: {},
  arity: { atLeast: 2 },
  async run({ client }, { args }) {
    await client.send({ method: 'POST', path: path(args[0], '/set'), body: args.slice(1) });
    return 0;
  },
});
