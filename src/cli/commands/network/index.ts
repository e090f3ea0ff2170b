import { entry, type Group } from '../entry.ts';

export const network: Group = {
  short: 'Manage networks',
  commands: {
    inspect: entry(
      'Display detailed information on one or more networks',
      async () => (await import('../inspect.ts')).inspectNetwork,
    ),
    ls: entry('List networks', async () => (await import('./list.ts')).list),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
