import { constants } from 'node:fs';
import {
  chmodAt,
  chownAt,
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
  setXattrAt,
  statFd,
  statusOf,
  syscall,
  xattrsAt,
} from '../../host/index.ts';

/** Two open directories and the hard links met so far: where the first name of an inode lies in the copy. */
interface Copy {
  from: number;
  to: number;
  links: Map<string, { directory: number; name: Buffer }>;
  /** Directories that `links` still needs. */
  held: number[];
}

/**
 * Copies what is in the directory `from` into the directory `to` (open fds), and its own owner, mode and times. Works on
 * names in open directories and follows no symlink. Lets other work run between files.
 */
export async function copyTree(from: number, to: number): Promise<void> {
  const copy: Copy = { from, to, links: new Map(), held: [] };
  try {
    await copyEntries(copy);
    copyStatus({ directory: from, name: '.' }, { directory: to, name: '.' }, statFd(from));
  } finally {
    copy.held.forEach(closeFd);
  }
}

async function copyEntries(copy: Copy): Promise<void> {
  for (const name of namesIn(copy.from)) {
    await new Promise(setImmediate);
    await copyEntry(copy, name);
  }
}

async function copyEntry(copy: Copy, name: Buffer): Promise<void> {
  const status = statusOf(copy.from, name);
  if (status.kind === 'directory') return copyDirectory(copy, name, status);
  const key = `${status.device}:${status.inode}`;
  const first = status.links > 1 ? copy.links.get(key) : undefined;
  if (first) {
    linkAt(first.directory, first.name, { directory: copy.to, name });
    return;
  }
  if (status.kind === 'file') await copyFile(copy, name);
  else if (status.kind === 'symlink') makeSymlinkAt(copy.to, name, readLinkAt(copy.from, name));
  else makeNodeAt(copy.to, name, { kind: status.kind, mode: status.mode, device: status.node });
  copyStatus({ directory: copy.from, name }, { directory: copy.to, name }, status);
  if (status.links > 1) {
    const directory = openDirectoryAt(copy.to, '.');
    copy.held.push(directory);
    copy.links.set(key, { directory, name });
  }
}

async function copyDirectory(copy: Copy, name: Buffer, status: FileStatus): Promise<void> {
  makeDirectoryAt(copy.to, name, 0o700);
  const from = openDirectoryAt(copy.from, name);
  try {
    const to = openDirectoryAt(copy.to, name);
    try {
      await copyEntries({ ...copy, from, to });
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

async function copyFile(copy: Copy, name: Buffer): Promise<void> {
  const source = openIn(copy.from, name, constants.O_RDONLY | constants.O_NOFOLLOW, { noSymlinks: true });
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const target = openIn(copy.to, name, flags, { mode: 0o600, noSymlinks: true });
    try {
      while (syscall('sendfile', target, source, 0, slice) > 0) await new Promise(setImmediate);
    } finally {
      closeFd(target);
    }
  } finally {
    closeFd(source);
  }
}

interface Place {
  directory: number;
  name: Buffer | string;
}

/** Owner first, which takes setuid bits and file capabilities away; times last. */
function copyStatus(from: Place, to: Place, status: FileStatus): void {
  chownAt(to.directory, to.name, status);
  if (status.kind !== 'symlink') chmodAt(to.directory, to.name, status.mode);
  for (const [name, value] of xattrsAt(from.directory, from.name)) {
    if (!name.startsWith('trusted.overlay.')) setXattrAt(to.directory, to.name, { name, value });
  }
  setTimesAt(to.directory, to.name, status.modified);
}
