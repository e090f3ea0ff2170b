import type { ContainerInspectResponse } from '../../../api/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { parseDetachKeys } from '../../stdio/detach-keys.ts';
import { joinStreams } from '../../stdio/session.ts';
import { forwardSignals } from '../../stdio/signals.ts';
import { waitForExit } from './run.ts';

export const start = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Start one or more stopped containers',
  aliases: ['container start', 'start'],
  flags: {
    attach: flag.bool('Attach STDOUT/STDERR and forward signals', { short: 'a' }),
    'detach-keys': flag.string('Override the key sequence for detaching a container'),
    interactive: flag.bool("Attach container's STDIN", { short: 'i' }),
  },
  arity: { atLeast: 1 },
  async run(context, { flags, args }) {
    if (!flags.attach && !flags.interactive) return startAll(context, args);
    if (args.length > 1) throw new Error('you cannot start and attach multiple containers at once');
    return startAttached(context, args[0] ?? '', { input: flags.interactive, keys: flags['detach-keys'] });
  },
});

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
  { input, keys }: { input: boolean; keys: string },
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
    await client.send({ method: 'POST', path: `/containers/${id}/start` });
  } catch (error) {
    attached.stream.destroy();
    throw error;
  }
  if (tty) await (await import('../../stdio/resize.ts')).followResize(client, `containers/${id}`);
  if ((await joined) === 'detached') throw new CliError('', 0);
  return exited.code;
}
