import { constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { closeFd, type FileStatus, O_PATH, openDirectory, tryOpenIn } from '../../host/index.ts';
import { newId } from '../../kit/index.ts';
import type { IdMapping, Spot } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/start/etc-files.ts';
import { shiftedMount } from '../mounts/shifted.ts';
import type { ContainerRow } from '../row.ts';
import type { MountPoint } from '../spec/index.ts';

/** What is mounted at a place, found on the host. */
export interface Mounted extends Spot {
  readOnly: boolean;
}

/** A container's files: its root, and what is mounted in it. Paths are byte strings relative to the root, which is ''. */
export interface FileTree {
  /** O_PATH or better. */
  root: number;
  /** Whose owners are the host's ids that stand for the container's, as these have it. */
  ids?: IdMapping;
  /** What lies at a path instead of what the root has there; of a running container the kernel knows. */
  mounted(path: string): Mounted | undefined;
  /** The kernel's own file systems and whatever was mounted from within: places without files for anybody outside, as in Docker. */
  isForeign(path: string, status: FileStatus): boolean;
  close(): void;
}

/** Paths of byte strings as the kernel has them. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const relative = (path: string): string => byteString(posix.resolve('/', path).slice(1));

/** The files of a container that runs, by the root that its monitor hands out. */
export function runningTree(context: Context, row: ContainerRow, root: number): FileTree {
  const own = [
    ...row.mounts.map(({ destination }) => relative(destination)),
    ...Object.keys(row.hostConfig.Tmpfs ?? {}).map(relative),
    ...engineFiles(context, row).map(([path]) => path),
  ];
  const isOwn = (path: string): boolean => own.some((mount) => path === mount || path.startsWith(`${mount}/`));
  return {
    root,
    mounted: () => undefined,
    isForeign: (path, status) => status.mountRoot && path !== '' && !isOwn(path),
    ...(row.ids && { ids: row.ids }),
    close: () => closeFd(root),
  };
}

/**
 * The files of one that does not run: its root (closed with the tree), and what its mounts would show. Volumes with options are
 * mounted until then.
 */
export async function stoppedTree(context: Context, row: ContainerRow, root: number): Promise<FileTree> {
  const fds: number[] = [root];
  const user = newId();
  const mounts = new Map<string, Mounted>();
  const close = (): void => {
    fds.splice(0).forEach(closeFd);
    void context.volumes.release(user);
  };
  const add = (path: string, base: number, place: { subpath: string; readOnly: boolean }): void => {
    fds.push(base);
    const directory = tryOpenIn(base, dirname(place.subpath), O_PATH | constants.O_DIRECTORY);
    if (directory === undefined) return;
    fds.push(directory);
    mounts.set(path, { directory, name: Buffer.from(basename(place.subpath)), readOnly: place.readOnly });
  };
  try {
    for (const [path, source] of engineFiles(context, row)) {
      if (existsSync(source)) add(path, openDirectory(dirname(source)), { subpath: basename(source), readOnly: false });
    }
    for (const mount of row.mounts) {
      const { destination, rw, subpath = '.' } = mount;
      const source = await openSource(context, mount, { user, ids: row.ids });
      if (source) add(relative(destination), source.base, { subpath: source.name ?? subpath, readOnly: !rw });
    }
  } catch (error) {
    close();
    throw error;
  }
  const { ids } = row;
  return { root, ...(ids && { ids }), mounted: (path) => mounts.get(path), isForeign: () => false, close };
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
