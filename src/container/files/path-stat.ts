import { posix } from 'node:path';
import { type FileStatus, isAbsent, readLinkAt } from '../../host/index.ts';
import { formatTime } from '../clock.ts';
import type { PathStat } from './contract.ts';
import { type Located, locate } from './locate.ts';
import type { FileTree } from './tree.ts';

/** A path as the user means it: cleaned, but for a slash or `/.` at its end, which stay. */
export function cleanPath(path: string): string {
  const clean = posix.join('/', path).replace(/\/$/, '');
  const itself = /(^|\/)\.\/*$/.test(path) ? `${clean}/.` : clean;
  return path.endsWith('/') || itself === '' ? `${itself}/` : itself;
}

/** What Go's filepath.Base says. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** `path` is the user's, cleaned; `found` is what is there. */
export function pathStat(tree: FileTree, path: string, found: Located): PathStat {
  const { status } = found;
  const { seconds, nanoseconds } = status.modified;
  return {
    name: baseName(path),
    size: status.size,
    mode: goMode(status),
    mtime: formatTime(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)),
    linkTarget: status.kind === 'symlink' ? finalTarget(tree, found) : '',
  };
}

const kinds = {
  file: 0,
  directory: 0x80000000,
  symlink: 0x8000000,
  block: 0x4000000,
  char: 0x4000000 + 0x200000,
  fifo: 0x2000000,
  socket: 0x1000000,
} as const;
const special = [
  [0o4000, 0x800000],
  [0o2000, 0x400000],
  [0o1000, 0x100000],
] as const;

/** Go's os.FileMode. */
function goMode({ kind, mode }: FileStatus): number {
  const bits = special.reduce((sum, [bit, value]) => (mode & bit ? sum + value : sum), 0);
  return kinds[kind] + bits + (mode & 0o777);
}

/** Where a symlink leads through all others; from the first name that is not there on, the rest as it is written. */
function finalTarget(tree: FileTree, link: Located): string {
  const text = readLinkAt(link.fd, '').toString('latin1');
  const parent = posix.dirname(`/${link.path}`);
  return Buffer.from(resolved(tree, posix.resolve(parent, text)), 'latin1').toString();
}

function resolved(tree: FileTree, path: string, rest = ''): string {
  try {
    const found = locate(tree, path, { follow: true });
    found.close();
    return posix.join('/', found.path, rest);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    if (path === '/') return posix.join('/', rest);
    return resolved(tree, posix.dirname(path), posix.join(posix.basename(path), rest));
  }
}
