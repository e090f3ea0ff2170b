import { constants } from 'node:fs';
import {
  chmodAt,
  chmodOf,
  chownAt,
  chownOf,
  closeFd,
  type FileStatus,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  makeSymlinkAt,
  namesIn,
  openDirectoryAt,
  openIn,
  readLinkAt,
  setTimesAt,
  setTimesOf,
  setXattrAt,
  setXattrOf,
  statFd,
  statusOf,
  syscall,
  xattrsAt,
  xattrsOf,
} from '../../host/index.ts';

/** The bits that a new file does not get; the engine's are 022 for its whole life. */
const withheld = process.umask();
/** Files copied before others get their turn. */
const atOnce = 32;

/** Two open directories and the hard links met so far: where the first name of an inode lies in the copy. */
interface Copy {
  from: number;
  to: number;
  links: Map<string, { directory: number; name: Buffer }>;
  /** Directories that `links` still needs. */
  held: number[];
  /** New files in `to` are root's. */
  plain: boolean;
}

/**
 * Copies what is in the directory `from` into the directory `to` (open fds), and its own owner, mode and times. Works on
 * names in open directories and follows no symlink. Lets other work run between files.
 */
export async function copyTree(from: number, to: number): Promise<void> {
  const copy: Copy = { from, to, links: new Map(), held: [], plain: isPlain(to) };
  try {
    await copyEntries(copy);
    copyStatus({ directory: from, name: '.' }, { directory: to, name: '.' }, statFd(from));
  } finally {
    copy.held.forEach(closeFd);
  }
}

async function copyEntries(copy: Copy): Promise<void> {
  for (const [index, name] of namesIn(copy.from).entries()) {
    if (index % atOnce === 0) await new Promise(setImmediate);
    const longer = copyEntry(copy, name);
    if (longer) await longer;
  }
}

/** A promise for what takes long: most files are small, and each would be waited for. */
function copyEntry(copy: Copy, name: Buffer): Promise<void> | undefined {
  const status = statusOf(copy.from, name);
  if (status.kind === 'directory') return copyDirectory(copy, name, status);
  const key = status.links > 1 ? `${status.device}:${status.inode}` : undefined;
  const first = key === undefined ? undefined : copy.links.get(key);
  if (first) {
    linkAt(first.directory, first.name, { directory: copy.to, name });
    return undefined;
  }
  const longer = status.kind === 'file' ? copyFile(copy, name, status) : copyOther(copy, name, status);
  if (key === undefined) return longer;
  const directory = openDirectoryAt(copy.to, '.');
  copy.held.push(directory);
  copy.links.set(key, { directory, name });
  return longer;
}

/** Its group is not the directory's. */
const isPlain = (directory: number): boolean => (statFd(directory).mode & 0o2000) === 0;

function copyOther(copy: Copy, name: Buffer, status: FileStatus): undefined {
  if (status.kind === 'symlink') makeSymlinkAt(copy.to, name, readLinkAt(copy.from, name));
  else makeNodeAt(copy.to, name, { kind: status.kind as 'char', mode: status.mode, device: status.node });
  copyStatus({ directory: copy.from, name }, { directory: copy.to, name }, status);
}

async function copyDirectory(copy: Copy, name: Buffer, status: FileStatus): Promise<void> {
  makeDirectoryAt(copy.to, name, 0o700);
  const from = openDirectoryAt(copy.from, name);
  try {
    const to = openDirectoryAt(copy.to, name);
    try {
      await copyEntries({ ...copy, from, to, plain: isPlain(to) });
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
  copyStatus({ directory: copy.from, name }, { directory: copy.to, name }, status);
}

/** Bytes copied before others get their turn. */
const slice = 4 << 20;

function copyFile(copy: Copy, name: Buffer, status: FileStatus): Promise<void> | undefined {
  const files = openBoth(copy, name, status);
  if (status.size > slice) return copyLong(files);
  try {
    let left = status.size;
    while (left > 0) left -= send(files, left);
    furnish(files);
  } finally {
    closeBoth(files);
  }
  return undefined;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

interface Files {
  source: number;
  target: number;
  status: FileStatus;
  /** The mode of a new file that has the right owner already. */
  given: number | undefined;
}

function openBoth(copy: Copy, name: Buffer, status: FileStatus): Files {
  const isRoots = copy.plain && status.uid === 0 && status.gid === 0;
  const mode = isRoots ? status.mode & 0o777 : 0o600;
  const source = openIn(copy.from, name, constants.O_RDONLY | constants.O_NOFOLLOW, { noSymlinks: true });
  try {
    const target = openIn(copy.to, name, newFile, { mode, noSymlinks: true });
    return { source, target, status, given: isRoots ? mode & ~withheld : undefined };
  } catch (error) {
    closeFd(source);
    throw error;
  }
}

function closeBoth({ source, target }: Files): void {
  closeFd(target);
  closeFd(source);
}

/** Copies as many bytes as the kernel likes; of a file that has become shorter all that is left. */
function send({ source, target }: Files, left: number): number {
  return syscall('sendfile', target, source, 0, Math.min(left, slice)) || left;
}

/** Closes both. */
async function copyLong(files: Files): Promise<void> {
  try {
    let left = files.status.size;
    while (left > 0) {
      left -= send(files, left);
      await new Promise(setImmediate);
    }
    furnish(files);
  } finally {
    closeBoth(files);
  }
}

/** As copyStatus, but for what a new file has already. */
function furnish({ source, target, status, given }: Files): void {
  if (given === undefined) chownOf(target, status);
  if (given !== status.mode) chmodOf(target, status.mode);
  for (const [name, value] of xattrsOf(source)) {
    if (!isOverlays(name)) setXattrOf(target, { name, value });
  }
  setTimesOf(target, status.modified);
}

const isOverlays = (xattr: string): boolean => xattr.startsWith('trusted.overlay.');

interface Place {
  directory: number;
  name: Buffer | string;
}

/** Owner first, which takes setuid bits and file capabilities away; times last. */
function copyStatus(from: Place, to: Place, status: FileStatus): void {
  chownAt(to.directory, to.name, status);
  if (status.kind !== 'symlink') chmodAt(to.directory, to.name, status.mode);
  for (const [name, value] of xattrsAt(from.directory, from.name)) {
    if (!isOverlays(name)) setXattrAt(to.directory, to.name, { name, value });
  }
  setTimesAt(to.directory, to.name, status.modified);
}
