import {
  closeFd,
  type FileTime,
  linkAt,
  makeDirectoryAt,
  namesIn,
  openDirectoryAt,
  removeAt,
  SystemError,
  setTimesAt,
  tryStatusOf,
} from '../../host/index.ts';
import { decompressed } from '../../image/index.ts';
import { EngineError, explainSystemError } from '../../kit/index.ts';
import { readTar, type TarEntry } from '../../oci/index.ts';
import { type Fill, makeEntry, type Spot, setAttributes } from '../../snapshot/index.ts';
import { joined, onHost, openOrMake, parted } from './directories.ts';
import { type Located, locate } from './locate.ts';
import type { FileTree } from './tree.ts';

export interface ExtractOptions {
  archive: AsyncIterable<Uint8Array>;
  /** The directory in the tree, without symlinks. */
  into: string;
  /** The same as the user wrote it, for errors. */
  shown: string;
  noOverwriteDirNonDir: boolean;
  /** Everything's owner, instead of what the archive says. */
  owner?: { uid: number; gid: number };
  /** See ContainerFiles.writeArchive. */
  fetch?: (elsewhere: string) => Fill;
}

interface Extraction extends ExtractOptions {
  tree: FileTree;
  /** The directory that was written to last: the next entry is mostly for it, too. */
  current: { path: string; found: Located } | undefined;
  /** Times of directories, set once nothing more is put into them. */
  times: Map<string, FileTime>;
}

const EROFS = 30;
const EBUSY = 16;

/**
 * Unpacks an archive into a directory of a container, as Docker does: entries replace what is there, directories are kept, no entry and
 * no hard link names anything above the directory. Failures are EngineErrors, but for a path that is not there (a SystemError).
 */
export async function extract(tree: FileTree, options: ExtractOptions): Promise<void> {
  const extraction: Extraction = { ...options, tree, current: undefined, times: new Map() };
  try {
    for await (const entry of readTar(decompressed(options.archive))) await place(extraction, entry);
    settle(extraction);
  } catch (error) {
    throw worded(error);
  } finally {
    extraction.current?.found.close();
  }
}

/** Every failure is the engine's (500) for Docker, but for what is not there. */
function worded(error: unknown): unknown {
  if (error instanceof SystemError && error.code === 'ENOENT') return error;
  const known = explainSystemError(error);
  return known instanceof EngineError && known.kind === 'invalid'
    ? new EngineError('internal', known.message, known)
    : known;
}

async function place(at: Extraction, entry: TarEntry): Promise<void> {
  const path = inside(entry.name);
  if (path === undefined) throw new EngineError('internal', `invalid entry name ${quoted(entry.name)}`);
  const own = onHost(at.tree, at.owner ? { ...entry, ...at.owner } : entry);
  if (path === '') return entry.type === 'directory' ? undefined : refuse(at, '.', 'directory', 'non-directory');
  const { directory: parent, name } = parted(path);
  const directory = directoryFor(at, parent);
  const isNew = entry.type === 'file' && (await makeNew(at, own, { directory, name, path }));
  if (isNew) return;
  const before = clearWay(at, { directory, name, path, entry });
  if (directory.readOnly) throw new SystemError('open', EROFS, path);
  if (entry.type === 'link') return link(at, entry, { directory, name });
  if (entry.type !== 'directory') return make(at, own, { directory, name, path });
  if (!before) makeDirectoryAt(directory.fd, Buffer.from(name, 'latin1'), 0o700);
  const spot = before ?? { directory: directory.fd, name: Buffer.from(name, 'latin1') };
  setAttributes(spot.directory, spot.name.toString('latin1'), { ...own, symlink: false });
  at.times.set(path, entry.modified);
}

interface Target {
  directory: Located;
  name: string;
  path: string;
}

/** Most files are not there yet: making one says so, and nothing need be looked at before. False where something is in the way. */
async function makeNew(at: Extraction, entry: TarEntry, target: Target): Promise<boolean> {
  const { directory, name } = target;
  if (directory.readOnly || at.tree.mounted(joined(directory.path, name))) return false;
  try {
    await make(at, entry, target);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EEXIST') return false;
    throw error;
  }
}

function make(at: Extraction, entry: TarEntry, { directory, name, path }: Target): Promise<void> {
  const fill = entry.elsewhere === undefined ? undefined : at.fetch?.(entry.elsewhere);
  return makeEntry({ directory: directory.fd, name, path }, entry, fill);
}

/** A name that is not simply a path: dots or nothing between slashes. */
const special = /(^|\/)\.{0,2}(\/|$)/;

/** A name in the archive as a path below the directory; undefined for one that leads above it. */
function inside(name: string): string | undefined {
  if (!special.test(name)) return name;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..' && parts.length === 0) return undefined;
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Takes away what is in the way. A directory that stays is returned by its place. */
function clearWay(at: Extraction, { directory, name, path, entry }: Target & { entry: TarEntry }): Spot | undefined {
  const full = joined(directory.path, name);
  const mounted = at.tree.mounted(full);
  const spot = mounted ?? { directory: directory.fd, name: Buffer.from(name, 'latin1') };
  const status = tryStatusOf(spot.directory, spot.name);
  if (!status) return undefined;
  const [is, comes] = [status.kind === 'directory', entry.type === 'directory'];
  if (at.noOverwriteDirNonDir && is !== comes) {
    refuse(at, path, is ? 'directory' : 'non-directory', is ? 'non-directory' : 'directory');
  }
  if (is && comes) return spot;
  if (mounted) throw new SystemError('unlinkat', EBUSY, `/${full}`);
  if (directory.readOnly) throw new SystemError('unlinkat', EROFS, `/${full}`);
  if (is) removeTree(spot);
  else removeAt(spot.directory, spot.name, 'file');
  at.times.delete(path);
  return undefined;
}

function refuse(at: Extraction, path: string, is: string, comes: string): never {
  const text = `cannot overwrite ${is} ${quoted(path)} with ${comes} ${JSON.stringify(at.shown)}`;
  throw new EngineError('internal', text);
}

/** A deeper tree could take all the engine's files and its stack. */
const deepest = 2048;
const ENAMETOOLONG = 36;

function removeTree({ directory, name }: Spot, depth = 0): void {
  if (depth > deepest) throw new SystemError('unlinkat', ENAMETOOLONG);
  const fd = openDirectoryAt(directory, name);
  try {
    for (const entry of namesIn(fd)) {
      if (tryStatusOf(fd, entry)?.kind === 'directory') removeTree({ directory: fd, name: entry }, depth + 1);
      else removeAt(fd, entry, 'file');
    }
  } finally {
    closeFd(fd);
  }
  removeAt(directory, name, 'directory');
}

function link(at: Extraction, entry: TarEntry, to: { directory: Located; name: string }): void {
  const target = inside(entry.linkName);
  if (target === undefined || target === '') {
    throw new EngineError('internal', `invalid hardlink target ${quoted(entry.linkName)}`);
  }
  const found = locate(at.tree, joined(at.into, target), { follow: false });
  try {
    linkAt(found.spot.directory, found.spot.name, {
      directory: to.directory.fd,
      name: Buffer.from(to.name, 'latin1'),
    });
  } finally {
    found.close();
  }
}

/** The directory of an entry, open; what the archive implies but does not list is made, 0755 and root's. */
function directoryFor(at: Extraction, path: string): Located {
  if (at.current?.path === path) return at.current.found;
  at.current?.found.close();
  at.current = undefined;
  const found = openOrMake(at.tree, { ...at, path });
  if (found.status.kind !== 'directory') {
    found.close();
    throw new SystemError('mkdir', 20, path);
  }
  at.current = { path, found };
  return found;
}

function settle(at: Extraction): void {
  for (const [path, time] of at.times) {
    const found = locate(at.tree, joined(at.into, path), { follow: false });
    try {
      setTimesAt(found.spot.directory, found.spot.name, time);
    } finally {
      found.close();
    }
  }
}

function quoted(name: string): string {
  return JSON.stringify(Buffer.from(name, 'latin1').toString());
}
