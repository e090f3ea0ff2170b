import { entry, type Group } from '../entry.ts';

/** Docker's help shows it where the engine is in experimental mode alone. */
export const checkpoint: Group = {
  short: 'Manage checkpoints',
  hidden: true,
  commands: {
    create: entry('Create a checkpoint from a running container', async () => (await import('./checkpoint.ts')).create),
    ls: entry('List checkpoints for a container', async () => (await import('./checkpoint.ts')).list),
    rm: entry('Remove a checkpoint', async () => (await import('./checkpoint.ts')).remove),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
