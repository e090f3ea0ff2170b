import type { Volume, VolumeListResponse } from '../api/index.ts';
import { EngineError, messageOf } from '../kit/index.ts';
import { describePlugged } from './plugin/describe.ts';
import type { PluginDriver, PluginDrivers } from './plugin/driver.ts';
import { volumeFilter } from './records/filters.ts';
import { dataPath, findVolume, type Place } from './records/life.ts';
import { describe, type VolumeRow, volumeRows } from './records/row.ts';

/** See Volumes.inspect. */
export async function inspectVolume(place: Place, drivers: PluginDrivers, name: string): Promise<Volume> {
  const row = findVolume(place, name);
  if (row && row.driver === undefined) return describe(name, row, dataPath(place, name));
  for (const driver of await candidates(drivers, row)) {
    const told = await driver.get(name);
    if (told) return describePlugged(driver, told, row);
  }
  throw new EngineError('notFound', `get ${name}: no such volume`);
}

/** Those that may have it; none where its own cannot be found any more. */
async function candidates(drivers: PluginDrivers, row: VolumeRow | undefined): Promise<PluginDriver[]> {
  if (row?.driver === undefined) return drivers.all();
  try {
    return [await drivers.find(row.driver)];
  } catch {
    return []; // Docker as well says of such a volume that there is none
  }
}

interface Listed {
  name: string;
  row: VolumeRow;
  volume: Volume;
}

/** See Volumes.list. */
export async function listVolumes(
  place: Place,
  drivers: PluginDrivers,
  filters: Record<string, string[]>,
): Promise<VolumeListResponse> {
  const wanted = volumeFilter(filters);
  const rows = place.store.view((tx) => tx.collection(volumeRows).all()).filter(({ document }) => !document.removing);
  const known = new Map(rows.map(({ id, document }) => [id, document]));
  const { listed, warnings } = await plugged(drivers, known);
  const own = rows.flatMap(({ id, document: row }): Listed[] =>
    row.driver === undefined ? [{ name: id, row, volume: describe(id, row, dataPath(place, id)) }] : [],
  );
  const found = place.store.view((tx) => {
    const inUse = (name: string): boolean => tx.refs.ownersOf(`volume:${name}`).length > 0;
    return [...own, ...listed].filter(({ name, row }) => wanted(name, row, () => inUse(name)));
  });
  const Volumes = found.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(({ volume }) => volume);
  // Docker sends null where there are none, which its types leave out.
  return { Volumes, Warnings: (warnings.length > 0 ? warnings : null) as unknown as string[] };
}

/** What plugins list. A name that is another driver's belongs to that. */
async function plugged(
  drivers: PluginDrivers,
  known: Map<string, VolumeRow>,
): Promise<{ listed: Listed[]; warnings: string[] }> {
  const listed: Listed[] = [];
  const warnings: string[] = [];
  for (const driver of await drivers.all()) {
    try {
      for (const told of await driver.list()) {
        const row = known.get(told.name);
        if (row && row.driver !== driver.name) continue;
        const volume = await describePlugged(driver, { ...told, status: {} }, row);
        const shown = row ?? { createdAt: '', labels: null, options: null, anonymous: false, removing: false };
        listed.push({ name: told.name, row: { ...shown, driver: driver.name }, volume });
      }
    } catch (error) {
      warnings.push(`list ${driver.name}: ${messageOf(error)}`);
    }
  }
  return { listed, warnings };
}
