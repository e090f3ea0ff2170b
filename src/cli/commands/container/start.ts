import type { ContainerInspectResponse } from '../../../api/index.ts';
import type { Query } from '../../../client/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { detachKeysOf, parseDetachKeys } from '../../stdio/detach-keys.ts';
import { joinStreams } from '../../stdio/session.ts';
import { forwardSignals } from '../../stdio/signals.ts';
import { waitForExit } from './run.ts';

export const start = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Start one or more stopped containers',
  aliases: ['container start', 'start'],
  flags: {
    attach: flag.bool('Attach STDOUT/STDERR and forward signals', { short: 'a' }),
    checkpoint: flag.string('Restore from this checkpoint', { hidden: true }),
    'checkpoint-dir': flag.string('Use a custom checkpoint storage directory', { hidden: true }),
    'detach-keys': flag.string('Override the key sequence for detaching a container'),
    interactive: flag.bool("Attach container's STDIN", { short: 'i' }),
  },
  arity: { atLeast: 1 },
  async run(context, { flags, given, args }) {
    for (const name of ['checkpoint', 'checkpoint-dir']) if (given.has(name)) await requireExperimental(context, name);
    const query = { checkpoint: flags.checkpoint, 'checkpoint-dir': flags['checkpoint-dir'] };
    const [name = ''] = args;
    if (flags.attach || flags.interactive) {
      if (args.length > 1) throw new Error('you cannot start and attach multiple containers at once');
      return startAttached(context, name, { input: flags.interactive, keys: detachKeysOf(context, flags), query });
    }
    if (!flags.checkpoint) return startAll(context, args);
    if (args.length > 1) throw new Error('you cannot restore multiple containers at once');
    await context.client.send({ method: 'POST', path: `/containers/${encodeURIComponent(name)}/start`, query });
    return 0;
  },
});

async function requireExperimental({ client }: Context, flagName: string): Promise<void> {
  const { headers } = await client.request({ method: 'HEAD', path: '/_ping' });
  if (headers.get('docker-experimental') === 'true') return;
  const where = 'only supported on a Docker daemon with experimental features enabled';
  throw new Error(`"--${flagName}" is ${where}`);
}

async function startAll(context: Context, names: string[]): Promise<number> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await context.client.send({ method: 'POST', path: `/containers/${encodeURIComponent(name)}/start` });
      await context.out.line(name);
    } catch (error) {
      await context.err.line(errorText(error));
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Error(`Error: failed to start containers: ${failed.join(', ')}`);
  return 0;
}

async function startAttached(
  context: Context,
  name: string,
  { input, keys, query }: { input: boolean; keys: string; query: Query },
): Promise<number> {
  const { client, out, err } = context;
  const path = `/containers/${encodeURIComponent(name)}`;
  const info = await client.json<ContainerInspectResponse>({ method: 'GET', path: `${path}/json` });
  const id = info.Id ?? name;
  const tty = info.Config?.Tty === true;
  const stdin = input && info.Config?.OpenStdin === true;
  if (!tty) forwardSignals(context, id);
  const condition = info.HostConfig?.AutoRemove ? 'removed' : 'next-exit';
  const [attached, exited] = await Promise.all([
    client.hijack({
      method: 'POST',
      path: `/containers/${id}/attach`,
      query: { stream: true, stdin, stdout: true, stderr: true, detachKeys: keys },
    }),
    waitForExit(client, id, condition),
  ]);
  const detachKeys = parseDetachKeys(keys);
  const joined = joinStreams({ stream: attached.stream, tty, input: stdin, out, err, detachKeys });
  joined.catch(() => undefined);
  try {
    await client.send({ method: 'POST', path: `/containers/${id}/start`, query });
  } catch (error) {
    attached.stream.destroy();
    throw error;
  }
  if (tty) await (await import('../../stdio/resize.ts')).followResize(client, `containers/${id}`);
  if ((await joined) === 'detached') throw new CliError('', 0);
  return exited.code;
}
