import { entry, type Group } from '../entry.ts';

export const volume: Group = {
  short: 'Manage volumes',
  commands: {
    create: entry('Create a volume', async () => (await import('./create.ts')).create),
    inspect: entry(
      'Display detailed information on one or more volumes',
      async () => (await import('../inspect.ts')).inspectVolume,
    ),
    ls: entry('List volumes', async () => (await import('./list.ts')).list),
    prune: entry('Remove unused local volumes', async () => (await import('./prune.ts')).prune),
    rm: entry('Remove one or more volumes', async () => (await import('./remove.ts')).remove),
    update: entry('Update a volume (cluster volumes only)', async () => (await import('./remove.ts')).update, {
      hidden: 'manager',
    }),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
