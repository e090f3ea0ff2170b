import { type Entry, entry } from '../entry.ts';

/** The commands about registries. */
export const registryWords: Record<string, Entry> = {
  login: entry('Authenticate to a registry', async () => (await import('./login.ts')).login, { common: 8 }),
  logout: entry('Log out from a registry', async () => (await import('./logout.ts')).logout, { common: 9 }),
  search: entry('Search Docker Hub for images', async () => (await import('./search.ts')).search, { common: 10 }),
};
