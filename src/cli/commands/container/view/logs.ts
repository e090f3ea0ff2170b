import type { ContainerInspectResponse } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { flag } from '../../../flags/index.ts';
import { parseTimestamp } from '../../../format/timestamp.ts';
import { bodyReader, copyFrames, copyRaw } from '../../../stdio/frames.ts';

export const logs = command({
  usage: '[OPTIONS] CONTAINER',
  short: 'Fetch the logs of a container',
  aliases: ['container logs', 'logs'],
  flags: {
    details: flag.bool('Show extra details provided to logs'),
    follow: flag.bool('Follow log output', { short: 'f' }),
    since: flag.string(
      'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
    ),
    tail: flag.string('Number of lines to show from the end of the logs', { short: 'n', initial: 'all' }),
    timestamps: flag.bool('Show timestamps', { short: 't' }),
    until: flag.string(
      'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
    ),
  },
  arity: { exactly: 1 },
  async run({ client, out, err }, { flags, args }) {
    const name = encodeURIComponent(args[0] ?? '');
    const info = await client.json<ContainerInspectResponse>({ method: 'GET', path: `/containers/${name}/json` });
    const reply = await client.request({
      method: 'GET',
      path: `/containers/${info.Id ?? name}/logs`,
      query: {
        stdout: true,
        stderr: true,
        details: flags.details,
        follow: flags.follow,
        timestamps: flags.timestamps,
        tail: flags.tail,
        since: moment(flags.since, 'since'),
        until: moment(flags.until, 'until'),
      },
    });
    await (info.Config?.Tty ? copyRaw : copyFrames)(bodyReader(reply.body), { out, err });
    return 0;
  },
});

function moment(text: string, name: string): string {
  try {
    return parseTimestamp(text, Date.now());
  } catch (error) {
    throw new Error(`invalid value for "${name}": ${(error as Error).message}`, { cause: error });
  }
}
