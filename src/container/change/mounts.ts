import { posix } from 'node:path';
import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { type MountPoint, resolveMountPoints } from '../spec/index.ts';
import { parseBind } from '../spec/mounts/mount-points.ts';
import type { ConfigChange, Remake } from './contract.ts';

type Mounted = Pick<Remake, 'hostConfig' | 'mounts'> & { volumes: ContainerConfig['Volumes'] };

const refuse = (words: string): EngineError => new EngineError('invalid', words);
const clean = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '');

/**
 * What a container has mounted after a change. `mounts` are those that stay, as they are, and `added` those that are yet to be made.
 * Refused are places that are taken, and such to remove where nothing is.
 */
export function changedMounts(
  before: { config: ContainerConfig; hostConfig: HostConfig; mounts: MountPoint[] },
  change: ConfigChange,
  dataRoot: string,
): Mounted & { added: MountPoint[]; left: MountPoint[] } {
  const gone = new Set(change.mountsRemove.map(clean));
  const goes = (path: string): boolean => gone.has(clean(path));
  const { Binds, Mounts = [], Tmpfs } = before.hostConfig;
  checkThere(gone, [...before.mounts.map(({ destination }) => destination), ...Object.keys(Tmpfs ?? {})]);
  const mounts = before.mounts.filter(({ destination }) => !goes(destination));
  const tmpfs = without(Tmpfs, goes);
  const added = resolveMountPoints({}, { Mounts: change.mounts, ...(tmpfs && { Tmpfs: tmpfs }) }, dataRoot);
  for (const { destination } of added) {
    if (mounts.some((one) => one.destination === destination)) throw refuse(`Duplicate mount point: ${destination}`);
  }
  const binds = (Binds ?? []).filter((bind) => !goes(parseBind(bind, '').destination));
  const asked = [...Mounts.filter(({ Target = '' }) => !goes(Target)), ...change.mounts];
  return {
    hostConfig: {
      // Docker shows null for none, and no field where none was asked for in this form.
      Binds: binds.length > 0 ? binds : (null as unknown as string[]),
      ...(asked.length > 0 && { Mounts: asked }),
      ...(tmpfs && { Tmpfs: tmpfs }),
    },
    mounts,
    volumes: without(before.config.Volumes, goes),
    added,
    left: before.mounts.filter(({ destination }) => goes(destination)),
  };
}

function checkThere(gone: Set<string>, places: string[]): void {
  const there = new Set(places.map(clean));
  for (const path of gone) if (!there.has(path)) throw refuse(`nothing is mounted at ${path}`);
}

function without<T>(
  places: Record<string, T> | null | undefined,
  goes: (path: string) => boolean,
): Record<string, T> | undefined {
  const kept = Object.entries(places ?? {}).filter(([path]) => !goes(path));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
