import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import { resolve } from '../lookup.ts';
import { type MountPoint, parseMountMode, resolveMountPoints } from '../spec/index.ts';

/** All mounts of a new container: what the user places, then what it has of others, then the volumes of its configuration. */
export function allMounts(
  { store, dataRoot }: { store: Store; dataRoot: string },
  config: ContainerConfig,
  hostConfig: HostConfig,
): MountPoint[] {
  const all = resolveMountPoints(config, hostConfig, dataRoot);
  if (!hostConfig.VolumesFrom?.length) return all;
  const { Volumes: _, ...plain } = config;
  const placed = resolveMountPoints(plain, hostConfig, dataRoot).map(({ destination }) => destination);
  const inherited = inheritedMounts(store, hostConfig, placed);
  const free = ({ destination }: MountPoint) => !inherited.some((point) => point.destination === destination);
  return [...inherited, ...all.filter(free)];
}

/**
 * What `--volumes-from` gives: the volumes and binds of other containers, but where the user mounts something of his own (`taken`)
 * or an earlier one is. They are never filled from the image.
 */
function inheritedMounts(
  store: Store,
  { VolumesFrom }: Pick<HostConfig, 'VolumesFrom'>,
  taken: string[],
): MountPoint[] {
  const points = new Map<string, MountPoint>();
  for (const text of VolumesFrom ?? []) {
    const { reference, readOnly } = parse(text);
    for (const point of mountsOf(store, reference)) {
      if (taken.includes(point.destination) || (point.type !== 'bind' && point.type !== 'volume')) continue;
      points.set(point.destination, {
        ...point,
        mode: '',
        rw: point.rw && !readOnly,
        copy: false,
        createSource: false,
        inherited: true,
      });
    }
  }
  return [...points.values()];
}

/** Whatever is wrong here is the request's mistake (400) for Docker, also a container that is not there. */
function mountsOf(store: Store, reference: string): MountPoint[] {
  try {
    return resolve(store, reference).mounts;
  } catch (error) {
    throw new EngineError('invalid', messageOf(error), error);
  }
}

/** `container[:mode]`. */
function parse(text: string): { reference: string; readOnly: boolean } {
  if (text === '') throw new EngineError('invalid', 'volumes-from specification cannot be an empty string');
  const [, reference = text, words] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (words === undefined) return { reference, readOnly: false };
  const mode = parseMountMode(words);
  if (!mode || mode.propagation !== undefined || mode.noCopy !== undefined || mode.idMap || mode.chown) {
    throw new EngineError('invalid', `invalid mode: ${words}`);
  }
  if (reference === '') throw new EngineError('invalid', 'invalid name or ID supplied: ""');
  return { reference, readOnly: mode.readOnly };
}
