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

/** A volume that is mounted for its users. */
interface Shared {
  /** Undefined for what is mounted on the volume's directory. */
  plugin: string | undefined;
  options: Record<string, string>;
  /** Where each user has it. */
  paths: Map<string, string>;
}

interface State {
  place: Place;
  drivers: PluginDrivers;
  log: Log;
  used: Map<string, Shared>;
}

export function createVolumeMounts(place: Place, { drivers, log }: { drivers: PluginDrivers; log: Log }): VolumeMounts {
  const state: State = { place, drivers, log, used: new Map() };
  const { used } = state;
  const locks = createLocks();
  return {
    unmount: (name) => unmount(place, name),
    pathOf: (name) =>
      used
        .get(name)
        ?.paths.values()
        .find((path) => path !== ''),
    mount: async (name, user) =>
      sharedOf(state, name) ? locks.run(name, () => mount(state, name, user)) : dataPath(place, name),
    resume: (name, user) => locks.run(name, () => resume(state, name, user)),
    async release(user) {
      for (const [name, { paths }] of used) {
        if (paths.has(user)) await locks.run(name, () => release(state, name, user));
      }
    },
    async releaseUnused() {
      const rows = place.store.view((tx) => tx.collection(volumeRows).all());
      for (const { id, document } of rows) {
        if (document.driver === undefined && needsMount(document.options) && !used.has(id)) unmount(place, id);
      }
    },
  };
}

/** Undefined for one that simply lies there. */
function sharedOf({ place, used }: State, name: string): Shared | undefined {
  const row = findVolume(place, name);
  const options = row?.options ?? {};
  if (!row || (row.driver === undefined && !needsMount(options))) return undefined;
  return used.get(name) ?? { plugin: row.driver, options, paths: new Map() };
}

async function mount(state: State, name: string, user: string): Promise<string> {
  const shared = sharedOf(state, name);
  if (!shared) return dataPath(state.place, name);
  const { plugin, options, paths } = shared;
  const present = paths.get(user);
  if (present) return present;
  const path =
    plugin === undefined ? await mountLocal(state.place, name, options) : await mountPlugged(state, plugin, name, user);
  crashpoint('volume.mounted');
  paths.set(user, path);
  state.used.set(name, shared);
  return path;
}

async function resume(state: State, name: string, user: string): Promise<void> {
  const shared = sharedOf(state, name);
  if (!shared) return;
  const { plugin, options, paths } = shared;
  // What a plugin mounted is where it was; only the plugin knows where.
  paths.set(user, plugin === undefined ? await mountLocal(state.place, name, options) : '');
  state.used.set(name, shared);
}

async function release({ place, drivers, log, used }: State, name: string, user: string): Promise<void> {
  const shared = used.get(name);
  if (!shared?.paths.delete(user)) return;
  if (shared.paths.size === 0) used.delete(name);
  try {
    if (shared.plugin !== undefined) await (await drivers.find(shared.plugin)).unmount(name, user);
    else if (shared.paths.size === 0) unmount(place, name);
  } catch (error) {
    log.warn('a volume cannot be unmounted', { volume: name, error: messageOf(error) });
  }
}

async function mountPlugged({ drivers }: State, plugin: string, name: string, user: string): Promise<string> {
  try {
    return await (await drivers.find(plugin)).mount(name, user);
  } catch (error) {
    throw new EngineError('internal', `error while mounting volume '': ${messageOf(error)}`, error);
  }
}

async function mountLocal(place: Place, name: string, options: Record<string, string>): Promise<string> {
  const path = dataPath(place, name);
  if (!isMounted(path)) await mountOn(path, options);
  return path;
}

function unmount(place: Place, name: string): void {
  unmountFrom(dataPath(place, name));
  crashpoint('volume.unmounted');
}
