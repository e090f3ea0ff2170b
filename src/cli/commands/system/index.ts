import { type Entry, entry, type Group } from '../entry.ts';

const events = entry('Get real time events from the server', async () => (await import('./events.ts')).events);
const info = entry('Display system-wide information', async () => (await import('./info.ts')).info, { common: 12 });
const version = entry('Show the Docker version information', async () => (await import('./version.ts')).version, {
  common: 11,
});

/** The commands about the engine that stand alone. */
export const systemWords: Record<string, Entry> = { events, info, version };

export const system: Group = {
  short: 'Manage Docker',
  commands: {
    backup: entry(
      "Save all of the engine's data while it runs: images, containers, volumes, networks",
      async () => (await import('./backup.ts')).backup,
      { hidden: true },
    ),
    df: entry('Show docker disk usage', async () => (await import('./df.ts')).df),
    'dial-stdio': entry(
      'Proxy the stdio stream to the daemon connection. Should not be invoked manually.',
      async () => (await import('./dial-stdio.ts')).dialStdio,
      { hidden: true },
    ),
    doctor: entry(
      'Say what of the host is missing or odd, and how to mend it',
      async () => (await import('./doctor.ts')).doctor,
      { hidden: true },
    ),
    events,
    fsck: entry("Check all of the engine's data, and repair it", async () => (await import('./fsck.ts')).fsck, {
      hidden: true,
    }),
    info,
    migrate: entry(
      'Take over containers, images, networks and volumes from another engine',
      async () => (await import('./migrate.ts')).migrate,
      { hidden: true },
    ),
    prune: entry('Remove unused data', async () => (await import('./prune.ts')).prune),
    restore: entry(
      'Make a new data root from what system backup saved',
      async () => (await import('./restore.ts')).restore,
      { hidden: true },
    ),
  },
  synonyms: {},
};
