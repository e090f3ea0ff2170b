import { type Entry, entry, type Group } from '../entry.ts';

/** Docker knows neither; its help, which ours is, does not show them. */
export const snapshotWords: Record<string, Entry> = {
  rollback: entry(
    "Make a stopped container's own files what they were when a snapshot was made",
    async () => (await import('./rollback.ts')).rollback,
    { hidden: true },
  ),
};

export const snapshot: Group = {
  short: "Manage snapshots of containers' own files",
  hidden: true,
  commands: {
    create: entry("Keep a container's own files as they are now", async () => (await import('./create.ts')).create),
    ls: entry('List the snapshots of a container', async () => (await import('./list.ts')).list),
    rm: entry('Remove one or more snapshots of a container', async () => (await import('./remove.ts')).remove),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
