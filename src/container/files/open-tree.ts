import { constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { answers, closeFd, O_PATH, openDirectory, tryOpenIn, tryStatusOf } from '../../host/index.ts';
import { newId } from '../../kit/index.ts';
import type { IdMapping, Spot } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/start/etc-files.ts';
import { shiftedMount } from '../mounts/shifted.ts';
import type { ContainerRow } from '../row.ts';
import type { MountPoint } from '../spec/index.ts';
import { joined } from './directories.ts';
import { whatIs } from './locate.ts';
import { isSource, makePlace } from './mount-points.ts';
import { byteString, type FileTree, type Mounted, refuseSilent } from './tree.ts';

const relative = (path: string): string => byteString(posix.resolve('/', path).slice(1));

/**
 * The mounts of a container, outermost first: those that answer now, and those on file systems that do not, a server's for example.
 * What is mounted in one of these is out of reach, and not told.
 */
async function sortedMounts({ mounts }: ContainerRow): Promise<{ answering: MountPoint[]; silent: MountPoint[] }> {
  const sorted = mounts.toSorted((one, other) => depth(one) - depth(other));
  const known = await Promise.all(sorted.map((mount) => !isElsewhere(mount) || answers(mount.source)));
  const mute = new Set(sorted.filter((_, index) => !known[index]));
  const reached = sorted.filter((mount) => ![...mute].some((other) => isWithin(mount, other)));
  return {
    answering: reached.filter((mount) => !mute.has(mount)),
    silent: reached.filter((mount) => mute.has(mount)),
  };
}

const isElsewhere = ({ type, source }: MountPoint) => (type === 'bind' || type === 'volume') && source !== '';
const isWithin = (one: MountPoint, other: MountPoint) =>
  relative(one.destination).startsWith(`${relative(other.destination)}/`);
const depth = ({ destination }: MountPoint): number => destination.split('/').length;

/** Where the silent ones are, symlinks on the way there resolved: nobody looks at them. */
function placeSilent(tree: FileTree, mounts: MountPoint[]): void {
  for (const { destination } of mounts) {
    const directory = relative(dirname(destination));
    const found = whatIs(tree, directory, { follow: true });
    tree.silent.push(joined(found?.path ?? directory, byteString(basename(destination))));
  }
}

/** The files of a container that runs, by the root that its monitor hands out, which is closed with the tree. */
export async function runningTree(context: Context, row: ContainerRow, root: number): Promise<FileTree> {
  const { answering, silent } = await sortedMounts(row);
  const own = [
    ...row.mounts.map(({ destination }) => relative(destination)),
    ...Object.keys(row.hostConfig.Tmpfs ?? {}).map(relative),
    ...engineFiles(context, row).map(([path]) => path),
  ];
  const isOwn = (path: string): boolean => own.some((mount) => path === mount || path.startsWith(`${mount}/`));
  const tree: FileTree = {
    root,
    silent: [],
    lacksPlaces: false,
    mounted: (path) => (tree.silent.includes(path) ? refuseSilent(path) : undefined),
    mountedBelow: () => false,
    isForeign: (path, status) => status.mountRoot && path !== '' && !isOwn(path),
    ...(row.ids && { ids: row.ids }),
    close: () => closeFd(root),
  };
  try {
    placeSilent(tree, silent);
    // Behind a symlink a mount lies elsewhere, and the container may have moved that since: only what is known there is the mount.
    for (const mount of answering) {
      if (!isElsewhere(mount) || mount.subpath !== undefined) continue;
      const there = whatIs(tree, relative(mount.destination), { follow: true });
      if (there && !isOwn(there.path) && isSource(there.status, mount.source)) own.push(there.path);
    }
    return tree;
  } catch (error) {
    tree.close();
    throw error;
  }
}

/**
 * The files of one that does not run: its root (closed with the tree), and what its mounts would show. Volumes with options are
 * mounted until then. With `makePlaces` mounts get the places that they lack.
 */
export async function stoppedTree(
  context: Context,
  row: ContainerRow,
  { root, makePlaces = false }: { root: number; makePlaces?: boolean },
): Promise<FileTree> {
  const fds: number[] = [root];
  const user = newId();
  const mounts = new Map<string, Mounted>();
  const { ids } = row;
  const tree: FileTree = {
    root,
    silent: [],
    lacksPlaces: false,
    ...(ids && { ids }),
    mounted: (path) => (tree.silent.includes(path) ? refuseSilent(path) : mounts.get(path)),
    mountedBelow: (path) => [...mounts.keys()].some((at) => path === '' || at.startsWith(`${path}/`)),
    isForeign: () => false,
    close() {
      fds.splice(0).forEach(closeFd);
      void context.volumes.release(user);
    },
  };
  const add = (path: string, base: number, place: { subpath: string; readOnly: boolean }): void => {
    fds.push(base);
    const directory = tryOpenIn(base, dirname(place.subpath), O_PATH | constants.O_DIRECTORY);
    if (directory === undefined) return;
    fds.push(directory);
    const spot = { directory, name: Buffer.from(basename(place.subpath)) };
    mounts.set(placeFor(path, spot), { ...spot, readOnly: place.readOnly });
  };
  const placeFor = (path: string, spot: Spot): string => {
    const there = whatIs(tree, path, { follow: true })?.path;
    if (there !== undefined) return there;
    const status = tryStatusOf(spot.directory, spot.name);
    const kind = status?.kind === 'directory' ? 'directory' : 'file';
    const made = makePlaces ? makePlace(tree, path, kind) : undefined;
    tree.lacksPlaces ||= made === undefined && status !== undefined;
    return made ?? path;
  };
  try {
    const { answering, silent } = await sortedMounts(row);
    for (const [path, source] of engineFiles(context, row)) {
      if (existsSync(source)) add(path, openDirectory(dirname(source)), { subpath: basename(source), readOnly: false });
    }
    placeSilent(tree, silent);
    for (const mount of answering) {
      const { destination, rw, subpath = '.' } = mount;
      const source = await openSource(context, mount, { user, ids });
      if (source) add(relative(destination), source.base, { subpath: source.name ?? subpath, readOnly: !rw });
    }
    return tree;
  } catch (error) {
    tree.close();
    throw error;
  }
}

/** The directory that is mounted, or for a single file the one it is in; undefined where nothing is. */
async function openSource(
  context: Context,
  mount: MountPoint,
  { user, ids }: { user: string; ids: IdMapping | undefined },
): Promise<{ base: number; name?: string } | undefined> {
  if (mount.type === 'image') return { base: context.snapshots.viewImage(mount.layers ?? [], ids) };
  if (mount.type === 'volume') {
    const path = await context.volumes.mount(mount.name, user);
    if (!existsSync(path)) return undefined;
    return { base: (ids && shiftedMount(context, path, ids)) ?? openDirectory(path) };
  }
  if (mount.type !== 'bind' || !existsSync(mount.source)) return undefined;
  const path = realpathSync(mount.source);
  if (statSync(path).isDirectory()) return { base: openDirectory(path) };
  return { base: openDirectory(dirname(path)), name: basename(path) };
}

/** The files of /etc that are the engine's, unless the user mounts his own. */
function engineFiles(context: Context, row: ContainerRow): [path: string, source: string][] {
  const { hosts, hostname, resolvConf } = etcFiles(context, row);
  return [
    ['etc/hosts', hosts],
    ['etc/hostname', hostname],
    ['etc/resolv.conf', resolvConf],
  ];
}
