import { constants } from 'node:fs';
import {
  chmodAt,
  closeFd,
  type FileStatus,
  type FileTime,
  makeDirectoryAt,
  makeSymlinkAt,
  namesIn,
  openDirectoryAt,
  openIn,
  readLinkAt,
  removeAt,
  SystemError,
  setTimesAt,
  statusOf,
  tryStatusOf,
  usingFd,
} from '../../host/index.ts';
import { attributesAt, setAttributes } from './attributes.ts';
import { baseOf, bytesOf, joined, parentOf } from './entry-path.ts';

const MOST_SYMLINKS = 40;
const ENOTDIR = 20;
const ELOOP = 40;

/** A layer's tree while it is being unpacked. Paths are real ones: none of their directories is a symlink. */
export interface Tree {
  /** The directory itself, open for reading; valid until the next call. */
  open(directory: string): number;
  /**
   * The real path of a directory of the archive; symlinks in the way are followed within the tree. What is missing is taken
   * from the layers below (its owner, mode and attributes; symlinks as they are), or else made 0755.
   */
  directory(path: string): Promise<string>;
  status(path: string): FileStatus | undefined;
  /** Removes a file, or a directory with all that is in it. */
  remove(path: string, status: FileStatus): void;
  /** The modification time a directory shall have once everything is in place. */
  settle(directory: string, time: FileTime): void;
  /** Sets those times and closes. */
  finish(): void;
  close(): void;
}

interface State {
  root: number;
  below: () => Promise<number | undefined>;
  /** The real path of each directory that was looked up. */
  known: Map<string, string>;
  times: Map<string, FileTime>;
  current: { path: string; fd: number } | undefined;
}

/** `below` gives the merged layers underneath as an open directory, if there are any; asking makes the layer depend on them. */
export function createTree(root: number, below: () => Promise<number | undefined>): Tree {
  const state: State = { root, below, known: new Map([['', '']]), times: new Map(), current: undefined };
  return {
    open: (path) => open(state, path),
    directory: async (path) => state.known.get(path) ?? (await resolve(state, path)),
    status: (path) => status(state, path),
    remove: (path, was) => remove(state, path, was),
    settle: (path, time) => void state.times.set(path, time),
    finish() {
      for (const [path, time] of state.times) usingFd(openReal(root, path), (fd) => setTimesAt(fd, '.', time));
      close(state);
    },
    close: () => close(state),
  };
}

function close(state: State): void {
  if (state.current) closeFd(state.current.fd);
  state.current = undefined;
}

function open(state: State, path: string): number {
  if (state.current?.path === path) return state.current.fd;
  close(state);
  state.current = { path, fd: openReal(state.root, path) };
  return state.current.fd;
}

function status(state: State, path: string): FileStatus | undefined {
  return absentAsUndefined(() => tryStatusOf(open(state, parentOf(path)), bytesOf(baseOf(path))));
}

async function resolve(state: State, path: string): Promise<string> {
  let real = '';
  const rest = path.split('/');
  for (let symlinks = 0; rest.length > 0; ) {
    const part = rest.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real = parentOf(real);
      continue;
    }
    const next = joined(real, part);
    const kind = status(state, next)?.kind ?? (await supply(state, next));
    if (kind === 'directory') real = next;
    else if (kind === 'symlink' && ++symlinks <= MOST_SYMLINKS) {
      const text = readLinkAt(open(state, real), bytesOf(part)).toString('latin1');
      if (text.startsWith('/')) real = '';
      rest.unshift(...text.split('/'));
    } else throw new SystemError('mkdir', kind === 'symlink' ? ELOOP : ENOTDIR, `/${next}`);
  }
  state.known.set(path, real);
  return real;
}

/** Makes a directory that the archive implies but has not listed. */
async function supply(state: State, path: string): Promise<'directory' | 'symlink'> {
  const view = await state.below();
  const found = view === undefined ? undefined : lookBelow(view, path);
  const parent = open(state, parentOf(path));
  const name = baseOf(path);
  if (found?.kind === 'symlink') makeSymlinkAt(parent, bytesOf(name), found.text);
  else makeDirectoryAt(parent, bytesOf(name), 0o700);
  if (!found) {
    // mkdir(2) heeds the umask.
    chmodAt(parent, bytesOf(name), 0o755);
    return 'directory';
  }
  setAttributes(parent, name, { ...found.attributes, symlink: found.kind === 'symlink' });
  if (found.kind === 'symlink') setTimesAt(parent, bytesOf(name), found.modified);
  else state.times.set(path, found.modified);
  return found.kind;
}

function remove(state: State, path: string, was: FileStatus): void {
  const parent = open(state, parentOf(path));
  if (was.kind === 'directory') removeTree(parent, bytesOf(baseOf(path)));
  else removeAt(parent, bytesOf(baseOf(path)), 'file');
  if (was.kind !== 'directory' && was.kind !== 'symlink') return;
  close(state);
  state.known.clear();
  state.known.set('', '');
  for (const key of state.times.keys()) {
    if (key === path || key.startsWith(`${path}/`)) state.times.delete(key);
  }
}

function openReal(root: number, path: string): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  return openIn(root, path === '' ? '.' : bytesOf(path), flags, { noSymlinks: true });
}

/** A directory or symlink of the merged layers below; a single layer shows its whiteouts as they are, which counts as nothing. */
function lookBelow(view: number, path: string) {
  return absentAsUndefined(() =>
    usingFd(openReal(view, parentOf(path)), (fd) => {
      const name = baseOf(path);
      const status = statusOf(fd, bytesOf(name));
      const attributes = attributesAt(fd, name, status);
      const { modified } = status;
      if (status.kind === 'directory') return { kind: 'directory' as const, attributes, modified };
      if (status.kind !== 'symlink') return undefined;
      return { kind: 'symlink' as const, attributes, modified, text: readLinkAt(fd, bytesOf(name)) };
    }),
  );
}

function removeTree(parent: number, name: Buffer): void {
  usingFd(openDirectoryAt(parent, name), (fd) => {
    for (const entry of namesIn(fd)) {
      if (statusOf(fd, entry).kind === 'directory') removeTree(fd, entry);
      else removeAt(fd, entry, 'file');
    }
  });
  removeAt(parent, name, 'directory');
}

function absentAsUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SystemError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code)) return undefined;
    throw error;
  }
}
