import { cloneMount, closeFd, type IdMaps, setMountAttributes } from '../../host/index.ts';
import { EngineError, explainSystemError } from '../../kit/index.ts';
import type { SpecIdMapping } from '../../oci/index.ts';

/** Which ids of the host stand for a container's. */
export interface IdMapping {
  uids: SpecIdMapping[];
  gids: SpecIdMapping[];
}

/** Trees whose owners are seen as others, as the kernel shows them through a mount with a user namespace. */
export interface Owners {
  /** A detached mount of a tree with a container's own ids, seen with the host's that stand for them. The caller closes it. */
  shifted(path: string, ids: IdMapping): number;
  /** The way back: of a tree with the host's ids, seen with the container's own. */
  unshifted(path: string, ids: IdMapping): number;
}

const MS_PRIVATE = 1 << 18;

/** `namespaceOf` gives an fd of a user namespace with those maps, which stays its own. */
export function createOwners(namespaceOf: ((maps: IdMaps) => number) | undefined): Owners {
  const see = (path: string, maps: IdMaps): number => {
    if (!namespaceOf) throw new EngineError('unsupported', 'user namespaces are not supported');
    const namespace = namespaceOf(maps);
    const mount = cloneMount(path, { recursive: false });
    try {
      setMountAttributes(mount, { idMap: namespace, propagation: MS_PRIVATE });
      return mount;
    } catch (error) {
      closeFd(mount);
      throw explainSystemError(error, path);
    }
  };
  return {
    shifted: (path, ids) => see(path, idMaps(ids)),
    unshifted: (path, ids) => see(path, idMaps({ uids: ids.uids.map(turned), gids: ids.gids.map(turned) })),
  };
}

/** A mapping in the kernel's form. */
export function idMaps({ uids, gids }: IdMapping): IdMaps {
  return { uids: lines(uids), gids: lines(gids) };
}

const lines = (ranges: SpecIdMapping[]): string =>
  ranges.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');

const turned = ({ containerID, hostID, size }: SpecIdMapping) => ({ containerID: hostID, hostID: containerID, size });

/** The host's id for one of the container's, undefined where there is none; `ranges` of uids or of gids. */
export function hostId(ranges: SpecIdMapping[], id: number): number | undefined {
  const range = ranges.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + id - range.containerID;
}

/** The container's id for one of the host's; what nobody stands for is shown as the kernel does, by 65534. */
export function containerId(ranges: SpecIdMapping[], id: number): number {
  return hostId(ranges.map(turned), id) ?? 65534;
}
