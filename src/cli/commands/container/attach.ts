import type { ContainerInspectResponse } from '../../../api/index.ts';
import type { Client } from '../../../client/index.ts';
import { CliError, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { detachKeysOf, parseDetachKeys } from '../../stdio/detach-keys.ts';
import { joinStreams } from '../../stdio/session.ts';
import { forwardSignals } from '../../stdio/signals.ts';
import { waitForExit } from './run.ts';

export const attach = command({
  usage: '[OPTIONS] CONTAINER',
  short: 'Attach local standard input, output, and error streams to a running container',
  aliases: ['container attach', 'attach'],
  flags: {
    'detach-keys': flag.string('Override the key sequence for detaching a container'),
    'no-stdin': flag.bool('Do not attach STDIN'),
    'sig-proxy': flag.bool('Proxy all received signals to the process', { initial: true }),
  },
  arity: { exactly: 1 },
  async run(context, { flags, args }) {
    const { client, out, err } = context;
    const name = encodeURIComponent(args[0] ?? '');
    const info = await client.json<ContainerInspectResponse>({ method: 'GET', path: `/containers/${name}/json` });
    refuseIdle(info);
    const id = info.Id ?? name;
    const input = !flags['no-stdin'] && info.Config?.OpenStdin === true;
    const tty = info.Config?.Tty === true;
    if (tty) (await import('../../stdio/terminal.ts')).checkTerminal(!flags['no-stdin'], true);
    const keys = detachKeysOf(context, flags);
    const [exited, attached] = await Promise.all([
      waitForExit(client, id, 'not-running'),
      client.hijack({
        method: 'POST',
        path: `/containers/${id}/attach`,
        query: { stream: true, stdin: input, stdout: true, stderr: true, detachKeys: keys },
      }),
    ]);
    if (flags['sig-proxy'] && !tty) forwardSignals({ client, out }, id);
    const joined = joinStreams({ stream: attached.stream, tty, input, out, err, detachKeys: parseDetachKeys(keys) });
    if (tty) await redraw(client, `containers/${id}`);
    if ((await joined) === 'detached') throw new CliError('read escape sequence');
    return exited.code;
  },
});

function refuseIdle({ State: state }: ContainerInspectResponse): void {
  if (!state?.Running) throw new Error('You cannot attach to a stopped container, start it first');
  if (state.Paused) throw new Error('You cannot attach to a paused container, unpause it first');
  if (state.Restarting) throw new Error('You cannot attach to a restarting container, wait until it is running');
}

async function redraw(client: Client, target: string): Promise<void> {
  const { followResize, nudgeSize } = await import('../../stdio/resize.ts');
  await nudgeSize(client, target);
  await followResize(client, target);
}
