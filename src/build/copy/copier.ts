import { constants } from 'node:fs';
import {
  chmodAt,
  chownAt,
  closeFd,
  copyContents,
  type FileStatus,
  type FileTime,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  makeSymlinkAt,
  namesIn,
  openDirectoryAt,
  openIn,
  readLinkAt,
  removeAt,
  setTimesAt,
  setXattrAt,
  statFd,
  syscall,
  tryStatusOf,
  xattrsAt,
} from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { changeMode } from '../language/index.ts';
import type { Owner } from './owner.ts';
import { textOf } from './paths.ts';

/** One file of a tree by its name in an open directory; `.` is the directory itself. */
export interface Place {
  directory: number;
  name: Buffer;
}

export interface CopyRules {
  /** Of everything, instead of what the source has. */
  owner?: Owner | undefined;
  chmod?: number | string | undefined;
  time?: FileTime | undefined;
  /** What is below a directory that is copied is left out where this says so (relative to it, byte strings). */
  excludes?: (path: string) => boolean;
  /** Aborts between files. */
  signal: AbortSignal;
}

interface Copying extends CopyRules {
  /** The first name that a file with several got, by device and inode. */
  links: Map<string, Place>;
  held: number[];
  count: number;
}

/** Files after which others get their turn. */
const atOnce = 256;

/**
 * Copies a file, or a directory with what is in it, to a place: owners, modes, times, symlinks, hard links among what is copied, device
 * nodes and attributes as they are unless the rules say otherwise. A directory that is there is filled; it keeps its own looks, but
 * those below it get the source's.
 */
export async function copyTo(from: Place, to: Place, rules: CopyRules): Promise<void> {
  const copying: Copying = { ...rules, links: new Map(), held: [], count: 0 };
  try {
    await copyEntry(copying, { from, to, path: '' });
  } finally {
    copying.held.forEach(closeFd);
  }
}

interface Pair {
  from: Place;
  to: Place;
  /** Below what is copied; '' is that itself. */
  path: string;
}

async function copyEntry(copying: Copying, pair: Pair): Promise<void> {
  copying.signal.throwIfAborted();
  if (++copying.count % atOnce === 0) await new Promise(setImmediate);
  const status = tryStatusOf(pair.from.directory, pair.from.name);
  if (!status) return;
  const isThere = tryStatusOf(pair.to.directory, pair.to.name);
  if (status.kind === 'directory') return copyDirectory(copying, pair, { status, isThere });
  if (isThere?.kind === 'directory') {
    throw new EngineError(
      'internal',
      `cannot replace to directory ${textOf(pair.to.name.toString('latin1'))} with file`,
    );
  }
  if (isThere) removeAt(pair.to.directory, pair.to.name, 'file');
  const key = status.links > 1 ? `${status.device.join(':')}:${status.inode}` : undefined;
  const first = key === undefined ? undefined : copying.links.get(key);
  if (first) return linkAt(first.directory, first.name, pair.to);
  if (status.kind === 'socket') return;
  if (status.kind === 'file') await copyFile(pair);
  else if (status.kind === 'symlink')
    makeSymlinkAt(pair.to.directory, pair.to.name, readLinkAt(pair.from.directory, pair.from.name));
  else makeNodeAt(pair.to.directory, pair.to.name, { kind: status.kind, mode: 0o600, device: status.node });
  copyLooks(copying, pair, status);
  if (key === undefined) return;
  const directory = openDirectoryAt(pair.to.directory, '.');
  copying.held.push(directory);
  copying.links.set(key, { directory, name: pair.to.name });
}

async function copyDirectory(
  copying: Copying,
  pair: Pair,
  { status, isThere }: { status: FileStatus; isThere: FileStatus | undefined },
): Promise<void> {
  if (isThere && isThere.kind !== 'directory') {
    throw new EngineError('internal', `cannot copy to non-directory: ${textOf(pair.to.name.toString('latin1'))}`);
  }
  if (!isThere) makeDirectoryAt(pair.to.directory, pair.to.name, 0o700);
  const from = openDirectoryAt(pair.from.directory, pair.from.name);
  try {
    const to = openDirectoryAt(pair.to.directory, pair.to.name);
    try {
      for (const name of namesIn(from).toSorted(Buffer.compare)) {
        const text = name.toString('latin1');
        const path = pair.path === '' ? text : `${pair.path}/${text}`;
        if (copying.excludes?.(path)) continue;
        await copyEntry(copying, { from: { directory: from, name }, to: { directory: to, name }, path });
      }
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
  if (!isThere || pair.path !== '') copyLooks(copying, pair, status);
}

/** A file up to this is copied at once; more in a thread, so that nobody else waits for it. */
const small = 1 << 20;

async function copyFile({ from, to }: Pair): Promise<void> {
  const source = openIn(from.directory, from.name, constants.O_RDONLY | constants.O_NOFOLLOW, { noSymlinks: true });
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const target = openIn(to.directory, to.name, flags, { mode: 0o600, noSymlinks: true });
    try {
      if (statFd(source).size > small) await copyContents(source, target);
      else while (syscall('sendfile', target, source, 0, small) > 0);
    } finally {
      closeFd(target);
    }
  } finally {
    closeFd(source);
  }
}

/** Owner first, which takes setuid bits and capabilities away; times last. */
function copyLooks(rules: CopyRules, { from, to }: Pair, status: FileStatus): void {
  chownAt(to.directory, to.name, rules.owner ?? status);
  if (status.kind !== 'symlink') {
    chmodAt(to.directory, to.name, modeOf(rules, status));
  }
  for (const [name, value] of xattrsAt(from.directory, from.name)) {
    if (name === 'security.capability' || name.startsWith('user.') || name.startsWith('system.posix_acl_')) {
      setXattrAt(to.directory, to.name, { name, value });
    }
  }
  setTimesAt(to.directory, to.name, rules.time ?? status.modified);
}

function modeOf({ chmod }: CopyRules, { mode, kind }: FileStatus): number {
  if (chmod === undefined) return mode;
  return typeof chmod === 'number' ? chmod : changeMode(mode, chmod, kind === 'directory');
}

/** A directory alone, without what is in it, with the looks of another; what is there stays as it is. */
export function copyDirectoryAlone(from: Place, to: Place, rules: CopyRules): void {
  if (tryStatusOf(to.directory, to.name)) return;
  const status = tryStatusOf(from.directory, from.name);
  if (status?.kind !== 'directory') return;
  makeDirectoryAt(to.directory, to.name, 0o700);
  copyLooks(rules, { from, to, path: '' }, status);
}
