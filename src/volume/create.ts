import type { Volume } from '../api/index.ts';
import { crashpoint, EngineError, messageOf } from '../kit/index.ts';
import { describePlugged } from './plugin/describe.ts';
import type { PluginDriver, PluginDrivers, PluginVolume } from './plugin/driver.ts';
import { checkLocal } from './records/check.ts';
import { dataPath, findVolume, makeVolume, type NewRow, newRow, type Place } from './records/life.ts';
import { describe, localDriver, type VolumeRow, volumeRows } from './records/row.ts';

export interface Creation {
  name: string;
  /** Empty for whichever has it, or else the local one. */
  driver: string;
  /** Of the volume, should it have to be made. */
  given: Omit<NewRow, 'driver'>;
}

/** See Volumes.create; called with the name's lock held. `made` says that there was none before. */
export async function createVolume(
  place: Place,
  drivers: PluginDrivers,
  creation: Creation,
): Promise<{ volume: Volume; made: boolean }> {
  const { name, driver, given } = creation;
  const row = findVolume(place, name);
  if (row?.driver === undefined && (driver === localDriver || (row && driver === ''))) {
    return createLocal(place, row, { name, given });
  }
  try {
    const plugin = await chosen(drivers, { name, driver, row });
    if (plugin === undefined) return await createLocal(place, row, { name, given });
    const has = row ? (row.driver ?? localDriver) : plugin.name;
    if (has !== plugin.name) throw taken(has, name);
    return await createPlugged(place, plugin, { name, given, row });
  } catch (error) {
    if (error instanceof EngineError && error.message.startsWith(`create ${name}: `)) throw error;
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `create ${name}: ${messageOf(error)}`, error);
  }
}

const taken = (driver: string, name: string): EngineError =>
  new EngineError('conflict', `driver '${driver}' already has volume '${name}': volume name must be unique`);

/** Undefined for the local one. */
async function chosen(
  drivers: PluginDrivers,
  { name, driver, row }: { name: string; driver: string; row: VolumeRow | undefined },
): Promise<PluginDriver | undefined> {
  if (driver === localDriver) {
    if (row?.driver !== undefined) throw taken(row.driver, name);
    return undefined;
  }
  if (driver !== '') return drivers.find(driver);
  if (row?.driver !== undefined) return drivers.find(row.driver);
  for (const one of await drivers.all()) if (await one.get(name)) return one;
  return undefined;
}

async function createLocal(
  place: Place,
  present: VolumeRow | undefined,
  { name, given }: Pick<Creation, 'name' | 'given'>,
): Promise<{ volume: Volume; made: boolean }> {
  checkLocal(name, present ? {} : (given.options ?? {}));
  const row = present ?? (await makeVolume(place, name, given));
  return { volume: describe(name, row, dataPath(place, name)), made: present === undefined };
}

async function createPlugged(
  place: Place,
  driver: PluginDriver,
  { name, given, row }: { name: string; given: Creation['given']; row: VolumeRow | undefined },
): Promise<{ volume: Volume; made: boolean }> {
  const present = await driver.get(name);
  // Somebody else may have taken away what this engine has written down.
  if (!present) await driver.create(name, given.options);
  crashpoint('volume.plugged');
  const known = row ?? newRow({ ...given, driver: driver.name });
  if (!row) place.store.admit((tx) => tx.collection(volumeRows).put(name, known));
  crashpoint('volume.created');
  const told: PluginVolume = present ?? { name, mountpoint: '' };
  return { volume: await describePlugged(driver, told, known), made: row === undefined };
}
