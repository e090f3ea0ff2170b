import { entry, type Group } from '../entry.ts';

export const volume: Group = {
  short: 'Manage volumes',
  commands: {
    create: entry('Create a volume', async () => (await import('./volume.ts')).create),
    inspect: entry(
      'Display detailed information on one or more volumes',
      async () => (await import('../inspect.ts')).inspectVolume,
    ),
    ls: entry('List volumes', async () => (await import('./volume.ts')).list),
    rm: entry('Remove one or more volumes', async () => (await import('./volume.ts')).remove),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
