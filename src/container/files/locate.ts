import { constants } from 'node:fs';
import {
  closeFd,
  type FileStatus,
  isAbsent,
  O_PATH,
  openIn,
  readLinkAt,
  SystemError,
  statFd,
} from '../../host/index.ts';
import type { Spot } from '../../snapshot/index.ts';
import type { FileTree } from './tree.ts';

/** One name on the way, or the file at its end. */
interface Step {
  /** Where it is, symlinks resolved; a byte string relative to the root. */
  path: string;
  /** O_PATH. */
  fd: number;
  status: FileStatus;
  /** The same file by its name in its directory. */
  spot: Spot;
  /** It lies in something that is mounted read only (of a running container the kernel knows). */
  readOnly: boolean;
  /** Something is mounted just here. */
  isMount: boolean;
}

/** A file of a container. Close it: the fds are open until then. */
export interface Located extends Step {
  close(): void;
}

const mostLinks = 40;
const ENOENT = 2;
const ENOTDIR = 20;
const ELOOP = 40;

/**
 * Finds a path as a process in the container would. Each name is opened by itself in the directory before it and no symlink is left
 * to the kernel, so that nothing leads out of the container, whoever moves things meanwhile. A last symlink is followed only if
 * `follow`, or where the path goes on with a slash. What is not there is a SystemError (ENOENT, ENOTDIR, ELOOP).
 */
export function locate(tree: FileTree, path: string, options: { follow: boolean }): Located {
  const trail: Step[] = [rootOf(tree)];
  const rest = path.split('/');
  let links = 0;
  try {
    while (rest.length > 0) {
      const part = rest.shift() ?? '';
      const here = trail.at(-1) as Step;
      if (trail.length > 1 && here.status.kind !== 'directory') throw new SystemError('lstat', ENOTDIR, here.path);
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (trail.length > 1) closeFd((trail.pop() as Step).fd);
        continue;
      }
      const next = enter(tree, here, part);
      if (next.status.kind === 'symlink' && (rest.length > 0 || options.follow)) {
        const text = linkText(next, ++links);
        if (text.startsWith('/')) for (const step of trail.splice(1)) closeFd(step.fd);
        rest.unshift(...text.split('/'));
      } else trail.push(next);
    }
    return located(trail);
  } catch (error) {
    for (const { fd } of trail.slice(1)) closeFd(fd);
    throw error;
  }
}

/** What is at a path, and where, symlinks resolved; undefined where nothing is. */
export function whatIs(
  tree: FileTree,
  path: string,
  options: { follow: boolean },
): Pick<Located, 'path' | 'status'> | undefined {
  try {
    const found = locate(tree, path, options);
    found.close();
    return found;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function rootOf(tree: FileTree): Step {
  const spot = { directory: tree.root, name: Buffer.from('.') };
  return { path: '', fd: tree.root, status: statFd(tree.root), spot, readOnly: false, isMount: false };
}

function enter(tree: FileTree, here: Step, part: string): Step {
  const path = here.path === '' ? part : `${here.path}/${part}`;
  if (tree.isForeign(here.path, here.status)) throw new SystemError('lstat', ENOENT, path);
  const mounted = tree.mounted(path);
  const spot = mounted ?? { directory: here.fd, name: Buffer.from(part, 'latin1') };
  const fd = openIn(spot.directory, spot.name, O_PATH | constants.O_NOFOLLOW);
  const readOnly = mounted?.readOnly ?? here.readOnly;
  return { path, fd, status: statFd(fd), spot, readOnly, isMount: mounted !== undefined };
}

/** The text of a symlink, whose fd is closed. */
function linkText({ fd, path }: Step, count: number): string {
  try {
    if (count > mostLinks) throw new SystemError('lstat', ELOOP, path);
    return readLinkAt(fd, '').toString('latin1');
  } finally {
    closeFd(fd);
  }
}

function located(trail: Step[]): Located {
  const last = trail.at(-1) as Step;
  const fds = trail.slice(1).map(({ fd }) => fd);
  return { ...last, close: () => fds.forEach(closeFd) };
}
