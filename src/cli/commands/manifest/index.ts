import { entry, type Group } from '../entry.ts';

export const manifest: Group = {
  short: 'Manage Docker image manifests and manifest lists',
  long: `The **docker manifest** command has subcommands for managing image manifests and
manifest lists. A manifest list allows you to use one name to refer to the same image
built for multiple architectures.

To see help for a subcommand, use:

    docker manifest CMD --help

For full details on using docker manifest lists, see the registry v2 specification.`,
  experimental: true,
  runs: true,
  commands: {
    annotate: entry(
      'Add additional information to a local image manifest',
      async () => (await import('./annotate.ts')).annotate,
    ),
    create: entry(
      'Create a local manifest list for annotating and pushing to a registry',
      async () => (await import('./create.ts')).create,
    ),
    inspect: entry('Display an image manifest, or manifest list', async () => (await import('./inspect.ts')).inspect),
    push: entry('Push a manifest list to a repository', async () => (await import('./push.ts')).push),
    rm: entry('Delete one or more manifest lists from local storage', async () => (await import('./remove.ts')).remove),
  },
  synonyms: {},
};
