import { entry, type Group } from '../entry.ts';

export const network: Group = {
  short: 'Manage networks',
  commands: {
    connect: entry('Connect a container to a network', async () => (await import('./connect.ts')).connect),
    create: entry('Create a network', async () => (await import('./create.ts')).create),
    disconnect: entry('Disconnect a container from a network', async () => (await import('./connect.ts')).disconnect),
    doctor: entry('Explain why a packet would arrive, or not', async () => (await import('./doctor.ts')).doctor, {
      hidden: true,
    }),
    inspect: entry(
      'Display detailed information on one or more networks',
      async () => (await import('../inspect.ts')).inspectNetwork,
    ),
    ls: entry('List networks', async () => (await import('./list.ts')).list),
    prune: entry('Remove all unused networks', async () => (await import('./prune.ts')).prune),
    rm: entry('Remove one or more networks', async () => (await import('./remove.ts')).remove),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
