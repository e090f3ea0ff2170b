import type { ContainerSummary, EventMessage } from '../../../../../api/index.ts';
import { type Context, command } from '../../../../command.ts';
import { errorText } from '../../../../error-text.ts';
import { flag, type Values } from '../../../../flags/index.ts';
import { formatRows } from '../../../../format/table.ts';
import { readLines } from '../../../../stdio/lines.ts';
import { formatUsage } from '../../../filters.ts';
import { type Feed, startFeed } from './feed.ts';
import { statsListing, statsRow } from './rows.ts';

const flags = {
  all: flag.bool('Show all containers (default shows just running)', { short: 'a' }),
  format: flag.string(formatUsage),
  'no-stream': flag.bool('Disable streaming stats and only pull the first result'),
  'no-trunc': flag.bool('Do not truncate output'),
};

export const stats = command({
  usage: '[OPTIONS] [CONTAINER...]',
  short: 'Display a live stream of container(s) resource usage statistics',
  aliases: ['container stats', 'stats'],
  flags,
  arity: { atLeast: 0 },
  async run(context, { flags, args }) {
    const feeds = new Feeds(context, !flags['no-stream']);
    try {
      if (args.length > 0) await followNamed(feeds, args);
      else await followRunning(context, feeds, flags);
      return await show(context, feeds, flags);
    } finally {
      feeds.close();
    }
  },
});

/** The containers that are watched, in the order in which they came. */
class Feeds {
  readonly all: Feed[] = [];
  /** Set when the engine's own stream of events ended: so does the command. */
  ended: { error?: unknown } | undefined;
  private readonly context: Context;
  private readonly isLive: boolean;
  private closers: (() => void)[] = [];

  constructor(context: Context, isLive: boolean) {
    this.context = context;
    this.isLive = isLive;
  }

  add(asked: string): void {
    if (this.all.some((feed) => feed.asked === asked)) return;
    this.all.push(startFeed(this.context.client, asked, this.isLive));
  }

  remove(asked: string): void {
    const at = this.all.findIndex((feed) => feed.asked === asked);
    for (const feed of at < 0 ? [] : this.all.splice(at, 1)) feed.stop();
  }

  onClose(closer: () => void): void {
    this.closers.push(closer);
  }

  close(): void {
    for (const closer of this.closers) closer();
    for (const feed of this.all) feed.stop();
  }
}

/** Every name must be a container's. */
async function followNamed(feeds: Feeds, names: string[]): Promise<void> {
  for (const name of names) feeds.add(name);
  await Promise.all(feeds.all.map((feed) => feed.first));
  const faults = feeds.all.filter((feed) => feed.error).map((feed) => errorText(feed.error));
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** Whatever runs is shown, and what starts or ends meanwhile comes and goes. */
async function followRunning({ client }: Context, feeds: Feeds, values: Values<typeof flags>): Promise<void> {
  if (!values['no-stream']) {
    // Listening begins before the list is taken, so that no start falls between.
    const filters = { type: { container: true } };
    const reply = await client.request({ method: 'GET', path: '/events', query: { filters } });
    feeds.onClose(() => reply.close());
    const heed = async () => {
      for await (const line of readLines(reply.body)) heedEvent(JSON.parse(line) as EventMessage, feeds, values.all);
    };
    heed().then(
      () => (feeds.ended = {}),
      (error: unknown) => (feeds.ended = { error }),
    );
  }
  const query = { all: values.all };
  const containers = await client.json<ContainerSummary[]>({ method: 'GET', path: '/containers/json', query });
  for (const { Id = '' } of containers) feeds.add(Id.slice(0, 12));
  await Promise.all(feeds.all.map((feed) => feed.first));
}

function heedEvent({ Action, Actor }: EventMessage, feeds: Feeds, isAll: boolean): void {
  const id = (Actor?.ID ?? '').slice(0, 12);
  if (Action === 'start' || (isAll && Action === 'create')) feeds.add(id);
  if (Action === 'die' && !isAll) feeds.remove(id);
}

async function show({ out, config }: Context, feeds: Feeds, values: Values<typeof flags>): Promise<number> {
  const format = values.format || config.data.statsFormat || 'table';
  const isWhole = values['no-trunc'];
  for (;;) {
    const rows = feeds.all.map((feed) => statsRow(feed.asked, feed.reading, { isWhole, isValid: feed.isValid }));
    const text = formatRows(statsListing, rows, { format, quiet: false });
    if (values['no-stream']) {
      await out.write(text);
      return 0;
    }
    // From the top left corner, each line and then the rest of the screen cleared of what stood there.
    await out.write(`\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`);
    if (feeds.ended) return 0;
    await Bun.sleep(500);
  }
}
