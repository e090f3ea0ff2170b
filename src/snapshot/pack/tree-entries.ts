import { closeFd, type FileStatus, namesIn, SystemError, tryOpenDirectoryAt, tryStatusOf } from '../../host/index.ts';

/** A file by its name in an open directory (`.` is the directory itself). */
export interface Spot {
  directory: number;
  name: Buffer;
}

/**
 * What is at a path (relative to the top, a byte string) instead of what the directory has; `'empty'` for a directory that shall
 * not be entered, `'absent'` for what is left out; undefined leaves it.
 */
export type Instead = (path: string, status: FileStatus | undefined) => Spot | 'empty' | 'absent' | undefined;

export interface TreeEntry {
  /** Its directory stays open until the next entry is asked for. */
  spot: Spot;
  status: FileStatus;
  /** Relative to the top, which is ''; a byte string. */
  path: string;
}

const PATH_MAX = 4096;
const ENAMETOOLONG = 36;

interface Level {
  fd: number;
  path: string;
  names: Buffer[];
}

/**
 * A file and all below it, each directory before what is in it, names in the order of their bytes. No symlink is followed, and what
 * vanishes meanwhile is left out.
 */
export function* treeEntries(from: Spot, instead: Instead = () => undefined): Generator<TreeEntry> {
  const top = entryAt(from, '', instead);
  if (!top) return;
  const levels: Level[] = [];
  try {
    yield top.entry;
    if (top.enter) pushLevel(levels, top.entry);
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names.pop();
      if (!name) {
        levels.pop();
        closeFd(level.fd);
        continue;
      }
      const text = name.toString('latin1');
      const path = level.path === '' ? text : `${level.path}/${text}`;
      const found = entryAt({ directory: level.fd, name }, path, instead);
      if (!found) continue;
      yield found.entry;
      if (found.enter) pushLevel(levels, found.entry);
    }
  } finally {
    for (const { fd } of levels) closeFd(fd);
  }
}

function entryAt(spot: Spot, path: string, instead: Instead): { entry: TreeEntry; enter: boolean } | undefined {
  const own = tryStatusOf(spot.directory, spot.name);
  const other = instead(path, own);
  if (other === 'absent') return undefined;
  const place = other === undefined || other === 'empty' ? spot : other;
  const status = place === spot ? own : tryStatusOf(place.directory, place.name);
  if (!status) return undefined;
  return { entry: { spot: place, status, path }, enter: status.kind === 'directory' && other !== 'empty' };
}

function pushLevel(levels: Level[], { spot, path }: TreeEntry): void {
  // Each level is an open file: what no path could name is not gone into.
  if (path.length > PATH_MAX) throw new SystemError('open', ENAMETOOLONG);
  const fd = tryOpenDirectoryAt(spot.directory, spot.name);
  if (fd === undefined) return;
  const level: Level = { fd, path, names: [] };
  levels.push(level);
  // The last is taken first.
  level.names = namesIn(fd).toSorted((one, other) => Buffer.compare(other, one));
}
