import type { MountPoint as MountView } from '../../../api/index.ts';
import type { ContainerRow } from '../../row.ts';
import type { MountPoint } from '../../spec/index.ts';

/** `Mounts` of inspect and of the list. */
export function mountViews(row: ContainerRow): MountView[] {
  return row.mounts.map(view);
}

function view(mount: MountPoint): MountView {
  const { type, source, destination, mode, rw, propagation } = mount;
  const common = { Destination: destination, Mode: mode, RW: rw, Propagation: propagation };
  const Type = type as NonNullable<MountView['Type']>;
  if (type === 'image') return { Type, Name: mount.name, Source: source, ...common };
  if (type !== 'volume') return { Type, Source: source, ...common };
  return { Type, Name: mount.name, Source: source, ...common, Driver: mount.driver || 'local' };
}
