import { chmodAt, chownAt, type FileTime, makeDirectoryAt, SystemError, setTimesAt } from '../../host/index.ts';
import type { Owner } from './owner.ts';
import { baseOf, bytesOf, parentOf, realPath, statusAt, within } from './paths.ts';

const ENOTDIR = 20;

/** How the directories that a step makes look. */
export interface Made {
  owner: Owner | undefined;
  mode?: number;
  time?: FileTime | undefined;
}

/** Makes a directory with its parents (0755) where they are missing; returns its real path. */
export function ensureDirectory(root: number, path: string, made: Made): string {
  const real = realPath(root, path);
  if (real === '') return real;
  const status = statusAt(root, real);
  if (status?.kind === 'directory') return real;
  if (status) throw new SystemError('mkdir', ENOTDIR, `/${real}`);
  const parent = ensureDirectory(root, parentOf(real), made);
  within(root, parent, (fd) => {
    const name = bytesOf(baseOf(real));
    makeDirectoryAt(fd, name, 0o755);
    // mkdir(2) heeds the umask.
    chmodAt(fd, name, made.mode ?? 0o755);
    if (made.owner) chownAt(fd, name, made.owner);
    if (made.time) setTimesAt(fd, name, made.time);
  });
  return real;
}
