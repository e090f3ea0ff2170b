import { constants } from 'node:fs';
import { openIn, readLinkAt, SystemError, tryStatusOf, usingFd } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';

// Paths are byte strings (each character is one byte), relative to a root, '' being the root itself.

const MOST_SYMLINKS = 255;

/** A text as the kernel has its bytes. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The text of a byte string. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

export const bytesOf = (path: string): Buffer => Buffer.from(path === '' ? '.' : path, 'latin1');

/** A path relative to the root without `.`, `..` and doubled slashes; `..` never leads above it. */
export function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

export const joined = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Opens a directory of a tree by its real path, none of whose parts may be a symlink. The caller closes it. */
export function openReal(root: number, path: string): number {
  return openIn(root, bytesOf(path), constants.O_RDONLY | constants.O_DIRECTORY, { noSymlinks: true });
}

/**
 * Where a path really leads within the root: symlinks are followed as by a process that has it as its root directory, the last one
 * only with `last`; what is not there is taken as it is written.
 */
export function realPath(root: number, path: string, last = true): string {
  const rest = path.split('/');
  let real = '';
  let symlinks = 0;
  while (rest.length > 0) {
    const part = rest.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real = parentOf(real);
      continue;
    }
    const text = last || rest.some((more) => more !== '' && more !== '.') ? linkIn(root, real, part) : undefined;
    if (text === undefined) {
      real = joined(real, part);
      continue;
    }
    if (++symlinks > MOST_SYMLINKS) throw new EngineError('invalid', 'too many links');
    if (text.startsWith('/')) real = '';
    rest.unshift(...text.split('/'));
  }
  return real;
}

function linkIn(root: number, directory: string, name: string): string | undefined {
  return within(root, directory, (fd) => {
    if (tryStatusOf(fd, bytesOf(name))?.kind !== 'symlink') return undefined;
    return readLinkAt(fd, bytesOf(name)).toString('latin1');
  });
}

/** Does something with a directory by its real path; undefined where none is. */
export function within<T>(root: number, directory: string, work: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openReal(root, directory);
  } catch (error) {
    if (error instanceof SystemError && ['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
    throw error;
  }
  return usingFd(fd, work);
}

/** What is at a real path, a last symlink not followed. */
export function statusAt(root: number, path: string) {
  if (path === '') return within(root, '', (fd) => tryStatusOf(fd, '.'));
  return within(root, parentOf(path), (fd) => tryStatusOf(fd, bytesOf(baseOf(path))));
}
