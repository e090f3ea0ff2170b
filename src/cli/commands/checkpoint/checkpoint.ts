import { CliError, type Context, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';

const directory = { 'checkpoint-dir': flag.string('Use a custom checkpoint storage directory') };
const pathOf = (container: string): string => `/containers/${encodeURIComponent(container)}/checkpoints`;

export const create = command({
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  short: 'Create a checkpoint from a running container',
  flags: { ...directory, 'leave-running': flag.bool('Leave the container running after checkpoint') },
  arity: { exactly: 2 },
  async run(context, { flags, args }) {
    await requireExperimental(context, 'create');
    const [container = '', name = ''] = args;
    const body = { CheckpointID: name, CheckpointDir: flags['checkpoint-dir'], Exit: !flags['leave-running'] };
    await context.client.send({ method: 'POST', path: pathOf(container), body });
    await context.out.line(name);
    return 0;
  },
});

export const list = command({
  usage: '[OPTIONS] CONTAINER',
  short: 'List checkpoints for a container',
  aliases: ['checkpoint ls', 'checkpoint list'],
  flags: directory,
  arity: { exactly: 1 },
  async run(context, { flags, args }) {
    await requireExperimental(context, 'ls');
    const query = { dir: flags['checkpoint-dir'] };
    const found = await context.client.json<{ Name: string }[]>({ method: 'GET', path: pathOf(args[0] ?? ''), query });
    for (const line of ['CHECKPOINT NAME', ...found.map(({ Name }) => Name)]) await context.out.line(line);
    return 0;
  },
});

export const remove = command({
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  short: 'Remove a checkpoint',
  aliases: ['checkpoint rm', 'checkpoint remove'],
  flags: directory,
  arity: { exactly: 2 },
  async run(context, { flags, args }) {
    await requireExperimental(context, 'rm');
    const [container = '', name = ''] = args;
    const path = `${pathOf(container)}/${encodeURIComponent(name)}`;
    await context.client.send({ method: 'DELETE', path, query: { dir: flags['checkpoint-dir'] } });
    return 0;
  },
});

async function requireExperimental({ client, program }: Context, word: string): Promise<void> {
  const { headers } = await client.request({ method: 'HEAD', path: '/_ping' });
  if (headers.get('docker-experimental') === 'true') return;
  const where = 'is only supported on a Docker daemon with experimental features enabled';
  throw new CliError(`${program} checkpoint ${word} ${where}`);
}
