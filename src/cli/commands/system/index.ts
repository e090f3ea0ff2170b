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
  commands: { events, info },
  synonyms: {},
};
