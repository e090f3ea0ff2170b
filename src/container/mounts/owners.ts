import {
  chownAt,
  cloneMount,
  closeFd,
  openDirectoryAt,
  setMountAttributes,
  statFd,
  syscall,
  walk,
} from '../../host/index.ts';
import { EngineError, explainSystemError, messageOf } from '../../kit/index.ts';
import { hostId, type IdMapping } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';
import {
  lookupUser,
  type MountPoint,
  type OwnerMap,
  ownerMapBetween,
  parseOwner,
  parseOwnerMap,
  type ReadInRoot,
  rangesOf,
} from '../spec/index.ts';
import type { MountSources } from './sources.ts';

const AT_EMPTY_PATH = 0x1000;

/**
 * Carries out what mounts were asked for about owners: a view of the files with other owners (`idMap`), or other owners for good
 * (`chown`). Volumes have been filled before. The mounts as they are to be mounted.
 */
export async function ownedMounts(
  context: Context,
  row: ContainerRow,
  { mounts, attach, readInRoot }: Pick<MountSources, 'mounts' | 'attach'> & { readInRoot: ReadInRoot },
): Promise<MountPoint[]> {
  if (!mounts.some(({ idMap, chown }) => idMap !== undefined || chown !== undefined)) return mounts;
  const user = lookupUser(row.config.User ?? '', readInRoot);
  const owned: MountPoint[] = [];
  for (const mount of mounts) {
    if (mount.chown !== undefined) await giveAway(mount, { chown: mount.chown, user, ids: row.ids });
    const source = mount.idMap === undefined ? mount.source : attach(view(context, row, { mount, user }));
    owned.push({ ...mount, source });
  }
  return owned;
}

/** A detached mount of the source with other owners. */
function view(
  context: Context,
  { ids }: Pick<ContainerRow, 'ids'>,
  { mount, user }: { mount: MountPoint; user: { uid: number; gid: number } },
): number {
  const recursive = !mount.nonRecursive;
  const fd = cloneMount(mount.source, { recursive });
  try {
    const map = (mount.idMap && parseOwnerMap(mount.idMap)) || ownerMapBetween(statFd(fd), user);
    setMountAttributes(fd, { idMap: context.runtime.userNamespace(mapsOf(map, ids)), recursive });
    return fd;
  } catch (error) {
    closeFd(fd);
    const why = messageOf(explainSystemError(error));
    const words = `owners of ${mount.source} cannot be mapped on its file system: ${why}`;
    throw new EngineError('internal', words, error);
  }
}

const lines = (ranges: ReturnType<typeof rangesOf>): string =>
  ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('');

function mapsOf({ uids, gids }: OwnerMap, ids: IdMapping | undefined): { uids: string; gids: string } {
  return {
    uids: lines(rangesOf(uids, ids && ((id) => hostId(ids.uids, id)))),
    gids: lines(rangesOf(gids, ids && ((id) => hostId(ids.gids, id)))),
  };
}

/** Every file that is not its new owner's yet; symlinks themselves, and nothing behind them. */
async function giveAway(
  mount: MountPoint,
  { chown, user, ids }: { chown: string; user: { uid: number; gid: number }; ids: IdMapping | undefined },
): Promise<void> {
  const { uid, gid } = parseOwner(chown) ?? user;
  // A volume that is mapped besides is not seen through the container's ids here.
  const shift = mount.type === 'bind' || mount.idMap === undefined ? ids : undefined;
  const owner = {
    uid: (shift && hostId(shift.uids, uid)) ?? uid,
    gid: gid === undefined ? undefined : ((shift && hostId(shift.gids, gid)) ?? gid),
  };
  const give = (directory: number, name: Buffer | string, status: { uid: number; gid: number }): void => {
    const wanted = { uid: owner.uid, gid: owner.gid ?? status.gid };
    if (status.uid !== wanted.uid || status.gid !== wanted.gid) chownAt(directory, name, wanted);
  };
  try {
    const top = cloneMount(mount.source, { recursive: false });
    await whileOpen(top, async () => {
      if (statFd(top).kind === 'directory') {
        await whileOpen(openDirectoryAt(top, '.'), async (directory) => {
          for await (const { parent, name, status } of walk(directory)) give(parent, name, status);
          give(directory, '.', statFd(directory));
        });
      } else {
        const { uid: now, gid: group } = statFd(top);
        const wanted = owner.gid ?? group;
        if (now !== owner.uid || group !== wanted) syscall('fchownat', top, '', owner.uid, wanted, AT_EMPTY_PATH);
      }
    });
  } catch (error) {
    const cause = explainSystemError(error, mount.source);
    throw new EngineError('internal', `owners of ${mount.source} cannot be changed: ${messageOf(cause)}`, error);
  }
}

async function whileOpen(fd: number, work: (fd: number) => Promise<void>): Promise<void> {
  try {
    await work(fd);
  } finally {
    closeFd(fd);
  }
}
