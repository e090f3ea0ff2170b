import { constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { answers, closeFd, type FileStatus, O_PATH, openDirectory, tryOpenIn } from '../../host/index.ts';
import { EngineError, newId } from '../../kit/index.ts';
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
  /** What lies at a path instead of what the root has there; of a running container the kernel knows. Throws for one that is silent. */
  mounted(path: string): Mounted | undefined;
  /** Whether `mounted` has something for a path below this one. */
  mountedBelow(path: string): boolean;
  /** Mounts on file systems that do not answer: who looks at them waits. */
  silent?: string[];
  /** The kernel's own file systems and whatever was mounted from within: places without files for anybody outside, as in Docker. */
  isForeign(path: string, status: FileStatus): boolean;
  close(): void;
}

/** Paths of byte strings as the kernel has them. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const relative = (path: string): string => byteString(posix.resolve('/', path).slice(1));

/** Which mounts of a container lie on file systems that do not answer now, a server's for example. */
async function silentMounts({ mounts }: ContainerRow): Promise<string[]> {
  const asked = mounts.filter(({ type, source }) => (type === 'bind' || type === 'volume') && source !== '');
  const known = await Promise.all(asked.map(({ source }) => answers(source)));
  return asked.filter((_, index) => !known[index]).map(({ destination }) => relative(destination));
}

function refuse(path: string): never {
  throw new EngineError('unavailable', `the file system at /${Buffer.from(path, 'latin1')} does not answer`);
}

/** Refuses to go through a directory below which there is one that is silent. */
export function refuseSilentBelow({ silent = [] }: FileTree, path: string): void {
  for (const mount of silent) if (path === '' || mount.startsWith(`${path}/`)) refuse(mount);
}

/** The files of a container that runs, by the root that its monitor hands out, which is closed with the tree. */
export async function runningTree(context: Context, row: ContainerRow, root: number): Promise<FileTree> {
  const own = [
    ...row.mounts.map(({ destination }) => relative(destination)),
    ...Object.keys(row.hostConfig.Tmpfs ?? {}).map(relative),
    ...engineFiles(context, row).map(([path]) => path),
  ];
  const isOwn = (path: string): boolean => own.some((mount) => path === mount || path.startsWith(`${mount}/`));
  const silent = await silentMounts(row);
  return {
    root,
    silent,
    mounted: (path) => (silent.includes(path) ? refuse(path) : undefined),
    mountedBelow: () => false,
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
  const silent = await silentMounts(row);
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
      if (silent.includes(relative(destination))) continue;
      const source = await openSource(context, mount, { user, ids: row.ids });
      if (source) add(relative(destination), source.base, { subpath: source.name ?? subpath, readOnly: !rw });
    }
  } catch (error) {
    close();
    throw error;
  }
  const { ids } = row;
  const mounted = (path: string) => (silent.includes(path) ? refuse(path) : mounts.get(path));
  const mountedBelow = (path: string) => [...mounts.keys()].some((at) => path === '' || at.startsWith(`${path}/`));
  return { root, silent, ...(ids && { ids }), mounted, mountedBelow, isForeign: () => false, close };
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
