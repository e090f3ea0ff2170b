import type { Volume } from '../../api/index.ts';
import type { Collection } from '../../store/index.ts';

/** What is kept of a volume; its id is its name. */
export interface VolumeRow {
  /** RFC 3339, seconds. */
  createdAt: string;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
  anonymous: boolean;
  /** The plugin that has it; none for a directory of this machine. */
  driver?: string;
  /** It is gone for everybody, but its files may still lie there. */
  removing: boolean;
}

export const volumeRows: Collection<VolumeRow> = { name: 'volumes', indexes: {} };

/** The driver of volumes that are directories of this machine. */
export const localDriver = 'local';
export const anonymousLabel = 'com.docker.volume.anonymous';

/** As the API shows it. */
export function describe(name: string, row: VolumeRow, mountpoint: string): Volume {
  const shown = {
    CreatedAt: row.createdAt,
    Driver: row.driver ?? localDriver,
    Labels: sorted(row.labels),
    Mountpoint: mountpoint,
    Name: name,
    Options: sorted(row.options),
    Scope: 'local',
  };
  // Docker shows what was not given as null, which its types leave out.
  return shown as Volume;
}

/** As Go writes a map. */
function sorted(fields: Record<string, string> | null): Record<string, string> | null {
  if (fields === null) return null;
  return Object.fromEntries(Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
