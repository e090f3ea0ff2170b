import { crashpoint, EngineError, messageOf } from '../kit/index.ts';
import type { PluginDriver, PluginDrivers } from './plugin/driver.ts';
import { condemnVolume, eraseVolume, findVolume, type Place, refuseUsed } from './records/life.ts';
import { volumeRows } from './records/row.ts';

interface Removal {
  force: boolean;
  /** Takes away what is mounted on its directory. */
  unmount(name: string): void;
}

/** See Volumes.remove; called with the name's lock held. The driver that had it; undefined where there was none. */
export async function removeVolume(
  place: Place,
  drivers: PluginDrivers,
  name: string,
  removal: Removal,
): Promise<string | undefined> {
  const row = findVolume(place, name);
  if (row && row.driver === undefined) {
    await condemnVolume(place, name);
    removal.unmount(name);
    eraseVolume(place, name);
    return 'local';
  }
  const driver = await owner(drivers, name, row?.driver);
  if (!driver && !removal.force) throw new EngineError('notFound', `get ${name}: no such volume`);
  place.store.view((tx) => refuseUsed(tx, name));
  if (driver) await removePlugged(driver, name);
  crashpoint('volume.unplugged');
  if (row) {
    place.store.update((tx) => {
      refuseUsed(tx, name);
      tx.collection(volumeRows).delete(name);
    });
  }
  return driver?.name ?? row?.driver;
}

/** The plugin that has it now. */
async function owner(
  drivers: PluginDrivers,
  name: string,
  known: string | undefined,
): Promise<PluginDriver | undefined> {
  let candidates: PluginDriver[];
  try {
    candidates = known === undefined ? await drivers.all() : [await drivers.find(known)];
  } catch {
    return undefined; // told as no such volume, and what is written down may be forced away
  }
  for (const driver of candidates) if (await driver.get(name)) return driver;
  return undefined;
}

async function removePlugged(driver: PluginDriver, name: string): Promise<void> {
  try {
    await driver.remove(name);
  } catch (error) {
    throw new EngineError('internal', `remove ${name}: ${messageOf(error)}`, error);
  }
}
