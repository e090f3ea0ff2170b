import { entry, type Group } from '../entry.ts';

export const context: Group = {
  short: 'Manage contexts',
  commands: {
    create: entry('Create a context', async () => (await import('./create.ts')).create),
    export: entry(
      'Export a context to a tar archive FILE or a tar stream on STDOUT.',
      async () => (await import('./archive.ts')).exportContext,
    ),
    import: entry('Import a context from a tar or zip file', async () => (await import('./archive.ts')).importContext),
    inspect: entry(
      'Display detailed information on one or more contexts',
      async () => (await import('./list.ts')).inspect,
    ),
    ls: entry('List contexts', async () => (await import('./list.ts')).list),
    rm: entry('Remove one or more contexts', async () => (await import('./use.ts')).remove),
    show: entry('Print the name of the current context', async () => (await import('./use.ts')).show),
    update: entry('Update a context', async () => (await import('./create.ts')).update),
    use: entry('Set the current docker context', async () => (await import('./use.ts')).use),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
