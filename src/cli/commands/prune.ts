import type { Client } from '../../client/index.ts';
import { command } from '../command.ts';
import { flag } from '../flags/index.ts';
import { humanSize } from '../format/bytes.ts';
import { confirm } from '../stdio/confirm.ts';
import { filterFlag, filterQuery, withConfigured } from './filters.ts';

/** What pruning one kind of thing gave back: what is printed of it, and bytes. */
export interface Pruned {
  text: string;
  reclaimed: number;
}

interface Report {
  SpaceReclaimed?: number;
  ContainersDeleted?: string[] | null;
  NetworksDeleted?: string[] | null;
  VolumesDeleted?: string[] | null;
  CachesDeleted?: string[] | null;
  ImagesDeleted?: { Untagged?: string; Deleted?: string }[] | null;
}

export type PruneKind = 'containers' | 'networks' | 'volumes' | 'images' | 'build';

const titles: Record<PruneKind, string> = {
  containers: 'Containers',
  networks: 'Networks',
  volumes: 'Volumes',
  images: 'Images',
  build: 'build cache objects',
};

/** Removes what is not used of one kind. */
export async function prune(
  client: Client,
  kind: PruneKind,
  query: { filters: string[]; more?: Record<string, string>; all?: boolean },
): Promise<Pruned> {
  const report = await client.json<Report>({
    method: 'POST',
    path: `/${kind}/prune`,
    query: { filters: filterQuery(query.filters, query.more), all: query.all },
  });
  const images = report.ImagesDeleted?.map(({ Untagged, Deleted }) =>
    Untagged ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
  );
  const ids = [report.ContainersDeleted, report.NetworksDeleted, report.VolumesDeleted, report.CachesDeleted];
  const lines = images ?? ids.flatMap((one) => one ?? []);
  const reclaimed = report.SpaceReclaimed ?? 0;
  // Docker counts space only where something is named, but for the cache.
  if (lines.length === 0) return { text: '', reclaimed: kind === 'build' ? reclaimed : 0 };
  return { text: `Deleted ${titles[kind]}:\n${lines.map((line) => `${line}\n`).join('')}`, reclaimed };
}

/** The command that prunes one kind: it asks, unless forced, and says what is gone. `question` depends on --all. */
export function pruneCommand(
  kind: PruneKind,
  words: { short: string; filter: string; all?: string; question(all: boolean): string; hidesSpace?: boolean },
  more: (all: boolean, filters: string[]) => Record<string, string> = () => ({}),
) {
  return command({
    usage: '[OPTIONS]',
    short: words.short,
    flags: {
      ...(words.all === undefined ? {} : { all: flag.bool(words.all, { short: 'a' }) }),
      filter: filterFlag(words.filter, {}),
      force: flag.bool('Do not prompt for confirmation', { short: 'f' }),
    },
    async run({ client, config, out }, { flags }) {
      const all = 'all' in flags && flags.all === true;
      const filters = withConfigured(flags.filter, config.data.pruneFilters);
      const query = { filters, more: more(all, filters), all: kind === 'build' && all };
      if (!flags.force && !(await confirm(out, `${words.question(all)}\nAre you sure you want to continue?`))) return 0;
      const { text, reclaimed } = await prune(client, kind, query);
      if (text) await out.line(text);
      if (!words.hidesSpace) await out.line(`Total reclaimed space: ${humanSize(reclaimed)}`);
      return 0;
    },
  });
}
