import { crashpoint, createLocks, EngineError, type Log, messageOf } from '../kit/index.ts';
import { isMounted, mountOn, needsMount, unmountFrom } from './local/mounting.ts';
import type { PluginDrivers } from './plugin/driver.ts';
import { dataPath, findVolume, type Place } from './records/life.ts';
import { volumeRows } from './records/row.ts';

/** Volumes that are somewhere only while they are used: those whose options say what to mount, and those of plugins. */
export interface VolumeMounts {
  /** See Volumes.mount. */
  mount(name: string, user: string): Promise<string>;
  /** See Volumes.resume. */
  resume(name: string, user: string): Promise<void>;
  /** See Volumes.release. */
  release(user: string): Promise<void>;
  /** Takes the mounts away that nobody uses: what an earlier engine left. */
  releaseUnused(): Promise<void>;
  /** Before its files are removed: what is mounted there is not the volume's. Throws where it will not go. */
  unmount(name: string): void;
  /** Where somebody has it now. */
  pathOf(name: string): string | undefined;
}

interface Users {
  /** Undefined for what is mounted on the volume's directory. */
  plugin: string | undefined;
  /** Where each user has it. */
  paths: Map<string, string>;
}

export function createVolumeMounts(place: Place, { drivers, log }: { drivers: PluginDrivers; log: Log }): VolumeMounts {
  const used = new Map<string, Users>();
  const locks = createLocks();

  function unmount(name: string): void {
    unmountFrom(dataPath(place, name));
    crashpoint('volume.unmounted');
  }

  async function mountPlugged(plugin: string, name: string, user: string): Promise<string> {
    try {
      return await (await drivers.find(plugin)).mount(name, user);
    } catch (error) {
      throw new EngineError('internal', `error while mounting volume '': ${messageOf(error)}`, error);
    }
  }

  async function mountLocal(name: string, options: Record<string, string>): Promise<string> {
    const path = dataPath(place, name);
    if (!isMounted(path)) await mountOn(path, options);
    return path;
  }

  /** The volume's users, if it is one that is mounted for them. */
  function usersOf(name: string): (Users & { options: Record<string, string> }) | undefined {
    const row = findVolume(place, name);
    const options = row?.options ?? {};
    if (!row || (row.driver === undefined && !needsMount(options))) return undefined;
    return { plugin: row.driver, paths: used.get(name)?.paths ?? new Map(), options };
  }

  async function letGo(name: string, user: string): Promise<void> {
    const users = used.get(name);
    if (!users?.paths.delete(user)) return;
    if (users.paths.size === 0) used.delete(name);
    if (users.plugin !== undefined) await (await drivers.find(users.plugin)).unmount(name, user);
    else if (users.paths.size === 0) unmount(name);
  }

  return {
    unmount,
    pathOf: (name) => used.get(name)?.paths.values().next().value,
    async mount(name, user) {
      if (!usersOf(name)) return dataPath(place, name);
      return locks.run(name, async () => {
        const users = usersOf(name);
        if (!users) return dataPath(place, name);
        const { plugin, paths, options } = users;
        const present = paths.get(user);
        if (present !== undefined) return present;
        const path = await (plugin === undefined ? mountLocal(name, options) : mountPlugged(plugin, name, user));
        crashpoint('volume.mounted');
        paths.set(user, path);
        used.set(name, { plugin, paths });
        return path;
      });
    },
    resume: (name, user) =>
      locks.run(name, async () => {
        const users = usersOf(name);
        if (!users) return;
        const { plugin, paths, options } = users;
        const path = plugin === undefined ? await mountLocal(name, options) : '';
        paths.set(user, path);
        used.set(name, { plugin, paths });
      }),
    async release(user) {
      for (const name of [...used.keys()]) {
        try {
          if (used.get(name)?.paths.has(user)) await locks.run(name, () => letGo(name, user));
        } catch (error) {
          log.warn('a volume cannot be unmounted', { volume: name, error: messageOf(error) });
        }
      }
    },
    async releaseUnused() {
      const rows = place.store.view((tx) => tx.collection(volumeRows).all());
      for (const { id, document } of rows) {
        if (document.driver === undefined && needsMount(document.options) && !used.has(id)) unmount(id);
      }
    },
  };
}
