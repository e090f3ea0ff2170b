import { entry, type Group } from '../entry.ts';

export const plugin: Group = {
  short: 'Manage plugins',
  commands: {
    create: entry(
      'Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.',
      async () => (await import('./install.ts')).create,
    ),
    disable: entry('Disable a plugin', async () => (await import('./change.ts')).disable),
    enable: entry('Enable a plugin', async () => (await import('./change.ts')).enable),
    inspect: entry(
      'Display detailed information on one or more plugins',
      async () => (await import('../inspect.ts')).inspectPlugin,
    ),
    install: entry('Install a plugin', async () => (await import('./install.ts')).install),
    ls: entry('List plugins', async () => (await import('./list.ts')).list),
    push: entry('Push a plugin to a registry', async () => (await import('./install.ts')).push),
    rm: entry('Remove one or more plugins', async () => (await import('./change.ts')).remove),
    set: entry('Change settings for a plugin', async () => (await import('./change.ts')).set),
    upgrade: entry('Upgrade an existing plugin', async () => (await import('./install.ts')).upgrade),
  },
  synonyms: { list: 'ls', remove: 'rm' },
};
