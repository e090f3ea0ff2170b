import { type Entry, entry, type Group } from '../entry.ts';

const build = entry('Build an image from a Dockerfile', async () => (await import('./build.ts')).build, { common: 4 });

/** `build` stands alone, and under two nouns. */
export const builderWords: Record<string, Entry> = { build };

export const builder: Group = {
  short: 'Manage builds',
  commands: {
    build,
    du: entry('Disk usage', async () => (await import('./du.ts')).du),
    prune: entry('Remove build cache', async () => (await import('./prune.ts')).prune),
  },
  synonyms: { b: 'build' },
};
