import { existsSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { closeFd, type FileStatus, openDirectory } from '../../host/index.ts';
import type { Spot } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/files.ts';
import type { ContainerRow } from '../row.ts';

/** What is mounted at a place, found on the host. */
export interface Mounted extends Spot {
  readOnly: boolean;
}

/** A container's files: its root, and what is mounted in it. Paths are byte strings relative to the root, which is ''. */
export interface FileTree {
  /** O_PATH or better. */
  root: number;
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
    close: () => closeFd(root),
  };
}

/** The files of one that does not run: its root (closed with the tree), and what its mounts would show. */
export function stoppedTree(context: Context, row: ContainerRow, root: number): FileTree {
  const fds: number[] = [root];
  const mounts = new Map<string, Mounted>();
  const add = (path: string, source: string, readOnly: boolean): void => {
    if (!existsSync(source)) return;
    const directory = openDirectory(dirname(source));
    fds.push(directory);
    mounts.set(path, { directory, name: Buffer.from(basename(source)), readOnly });
  };
  try {
    for (const [path, source] of engineFiles(context, row)) add(path, source, false);
    for (const { destination, type, name, source, rw } of row.mounts) {
      if (type === 'bind') add(relative(destination), source, !rw);
      if (type === 'volume') add(relative(destination), context.volumes.path(name), !rw);
    }
  } catch (error) {
    fds.forEach(closeFd);
    throw error;
  }
  return {
    root,
    mounted: (path) => mounts.get(path),
    isForeign: () => false,
    close: () => fds.forEach(closeFd),
  };
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
