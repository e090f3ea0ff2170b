import type { Volume } from '../../api/index.ts';
import { describe, type VolumeRow } from '../records/row.ts';
import type { PluginDriver, PluginVolume } from './driver.ts';

const unknown = '0001-01-01T00:00:00Z';

/** A plugin's volume as the API shows it; `row` is there for those that were made by this engine. */
export async function describePlugged(driver: PluginDriver, told: PluginVolume, row?: VolumeRow): Promise<Volume> {
  const shown: VolumeRow = {
    labels: null,
    options: null,
    anonymous: false,
    removing: false,
    ...row,
    driver: driver.name,
    createdAt: told.createdAt ?? unknown,
  };
  const { status } = told;
  const volume = describe(told.name, shown, told.mountpoint);
  return {
    ...volume,
    Scope: await driver.scope(),
    // Free of form, whatever the type says.
    ...(status && Object.keys(status).length > 0 && { Status: status as NonNullable<Volume['Status']> }),
  };
}
