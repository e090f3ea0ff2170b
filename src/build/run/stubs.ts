import { closeFd, type FileTime, namesIn, removeAt, setTimesAt, tryStatusOf } from '../../host/index.ts';
import {
  baseOf,
  byteString,
  bytesOf,
  cleaned,
  joined,
  openReal,
  parentOf,
  realPath,
  statusAt,
  within,
} from '../copy/paths.ts';
import { isThere } from '../copy/select.ts';

/** A place for a mount that the files have not, and the directory in which it will be made, as it was. */
interface Stub {
  path: string;
  parent: { path: string; modified: FileTime } | undefined;
}

/** The places that a start will make for its mounts, the outermost first. */
export function missingPlaces(root: number, destinations: string[]): Stub[] {
  const stubs = new Map<string, Stub>();
  for (const destination of destinations) {
    const wanted = cleaned(byteString(destination));
    if (isThere(root, wanted)) continue;
    const parts = realPath(root, wanted).split('/');
    let way = '';
    for (const part of parts) {
      const parent = way;
      way = joined(way, part);
      if (stubs.has(way) || statusAt(root, way)) continue;
      const above = statusAt(root, parent);
      stubs.set(way, { path: way, parent: above && { path: parent, modified: above.modified } });
    }
  }
  return [...stubs.values()];
}

/** Takes away those of them that are still empty: a place for a mount is nothing that a step has made. */
export function removePlaces(root: number, stubs: Stub[]): void {
  for (const { path, parent } of stubs.toReversed()) {
    const removed = within(root, parentOf(path), (fd) => removeEmpty(root, fd, path));
    if (!removed || !parent) continue;
    const directory = openReal(root, parent.path);
    try {
      setTimesAt(directory, '.', parent.modified);
    } finally {
      closeFd(directory);
    }
  }
}

function removeEmpty(root: number, directory: number, path: string): boolean {
  const name = bytesOf(baseOf(path));
  const status = tryStatusOf(directory, name);
  if (status?.kind === 'file' && status.size === 0) removeAt(directory, name, 'file');
  else if (status?.kind === 'directory' && isEmpty(root, path)) removeAt(directory, name, 'directory');
  else return false;
  return true;
}

function isEmpty(root: number, path: string): boolean {
  const fd = openReal(root, path);
  try {
    return namesIn(fd).length === 0;
  } finally {
    closeFd(fd);
  }
}
