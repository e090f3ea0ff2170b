import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chmodAt,
  closeFd,
  type FileStatus,
  linkAt,
  makeDirectoryAt,
  makeSymlinkAt,
  namesIn,
  openDirectory,
  openDirectoryAt,
  readLinkAt,
  removeAt,
  statusOf,
  tryStatusOf,
  usingFd,
} from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { readTar } from '../../oci/index.ts';
import { makeEntry } from '../../snapshot/index.ts';
import { bootId } from '../cache/cache.ts';
import type { TakenDirectory } from '../cache/directories.ts';
import type { Context } from '../context.ts';
import type { LocalEntry, LocalFiles } from '../contract.ts';
import { baseOf, bytesOf, cleaned, openReal, parentOf } from '../copy/paths.ts';
import { digestOfParts } from '../graph/vertex.ts';
import { type Level, rememberedLevels } from './remembered.ts';

/** See Builds.localFiles. Two builds of one directory at a time do not share a copy. */
export async function localFiles({ directories }: Pick<Context, 'directories'>, key: string): Promise<LocalFiles> {
  const taken = await directories.take(digestOfParts(['local', key]).slice(7, 39), 'private');
  try {
    const path = directories.path(taken.directory);
    // Without a record it is half made, or its bytes may have been lost with the machine's power.
    if (taken.record === undefined) await rm(path, { recursive: true, force: true });
    return copyIn(path, taken);
  } catch (error) {
    taken.release();
    throw error;
  }
}

function copyIn(path: string, taken: TakenDirectory): LocalFiles {
  const files = join(path, 'files');
  mkdirSync(files, { recursive: true, mode: 0o755 });
  const root = usingFd(openDirectory(files), (fd) => openDirectoryAt(fd, '.'));
  const memory = rememberedLevels(files);
  let missing = 0;
  let size = 0;
  let links: LocalEntry[] = [];
  const complete = (): void => {
    linkNames(root, links);
    memory.keep();
    taken.enter({ type: 'source.local', description: 'local source for context', size, boot: bootId() });
  };
  return {
    root,
    async prepare(entries) {
      const levels = levelsOf(entries);
      const changed = memory.changed(levels);
      const wanted = await prepare(root, levels, changed);
      missing = wanted.length;
      size = entries.reduce((sum, entry) => sum + entry.size, 0);
      // A name in a directory that is as it was may stand for a file that is not.
      links = changed.size === 0 ? [] : entries.filter(({ kind, link }) => kind === 'file' && link !== undefined);
      if (missing === 0) complete();
      return wanted;
    },
    async fill(tar, signal) {
      const filled = await fill(root, tar, signal);
      if (filled === missing) complete();
    },
    close() {
      closeFd(root);
      taken.release();
    },
  };
}

const atOnce = 512;

async function prepare(root: number, levels: Map<string, Level>, changed: Set<string>): Promise<number[]> {
  const wanted: number[] = [];
  let count = 0;
  for (const [directory, { names }] of levels) {
    if (!changed.has(directory)) continue;
    const fd = openReal(root, directory);
    try {
      for (const name of namesIn(fd)) if (!names.has(name.toString('latin1'))) removeAny(fd, name);
      for (const [name, { entry, place }] of names) {
        if (++count % atOnce === 0) await new Promise(setImmediate);
        if (!settled(fd, bytesOf(name), entry)) wanted.push(place);
      }
    } finally {
      closeFd(fd);
    }
  }
  return wanted;
}

/** By directory, those above first. What is listed twice, or below what is no directory, is refused. */
function levelsOf(entries: LocalEntry[]): Map<string, Level> {
  const levels = new Map<string, Level>([['', { names: new Map() }]]);
  for (const [place, entry] of entries.entries()) {
    if (cleaned(entry.path) !== entry.path || entry.path === '') throw invalid(entry.path);
    const level = levels.get(parentOf(entry.path));
    const name = baseOf(entry.path);
    if (!level || level.names.has(name) || !isLinkListed(levels, entry)) throw invalid(entry.path);
    level.names.set(name, { entry, place });
    if (entry.kind === 'directory') levels.set(entry.path, { names: new Map() });
  }
  return levels;
}

/** A file by another name is one of the list. */
function isLinkListed(levels: Map<string, Level>, { kind, link }: LocalEntry): boolean {
  if (kind !== 'file' || link === undefined) return true;
  const first = levels.get(parentOf(link))?.names.get(baseOf(link))?.entry;
  return first?.kind === 'file' && first.link === undefined;
}

const invalid = (path: string): EngineError =>
  new EngineError('invalid', `the context lists ${JSON.stringify(path)} wrongly`);

/** Makes a name what the list says, but for a file's contents; whether that is all. */
function settled(fd: number, name: Buffer, entry: LocalEntry): boolean {
  const there = tryStatusOf(fd, name);
  if (there && there.kind !== entry.kind) removeAny(fd, name);
  const same = there?.kind === entry.kind ? there : undefined;
  if (entry.kind === 'directory') {
    if (!same) makeDirectoryAt(fd, name, 0o755);
    if (same?.mode !== entry.mode) chmodAt(fd, name, entry.mode);
    return true;
  }
  if (entry.kind === 'symlink') {
    const link = entry.link ?? '';
    if (same && readLinkAt(fd, name).toString('latin1') === link) return true;
    if (same) removeAt(fd, name, 'file');
    makeSymlinkAt(fd, name, Buffer.from(link, 'latin1'));
    return true;
  }
  // Its place is taken once the file it is another name of is there.
  if (entry.link !== undefined) return true;
  if (!same || !isSameFile(same, entry)) return false;
  if (same.mode !== entry.mode) chmodAt(fd, name, entry.mode);
  return true;
}

function isSameFile(there: FileStatus, { size, modified }: LocalEntry): boolean {
  // Whether its other names are still to be the same file is not looked at: it becomes a file of its own, and they follow.
  if (there.links > 1) return false;
  const { seconds, nanoseconds } = there.modified;
  return there.size === size && seconds === modified.seconds && nanoseconds === modified.nanoseconds;
}

/** Gives files their other names. */
function linkNames(root: number, links: LocalEntry[]): void {
  for (const { path, link = '' } of links) {
    usingFd(openReal(root, parentOf(link)), (from) => {
      usingFd(openReal(root, parentOf(path)), (directory) => {
        const [first, name] = [bytesOf(baseOf(link)), bytesOf(baseOf(path))];
        const there = tryStatusOf(directory, name);
        if (there?.inode === statusOf(from, first).inode) return;
        if (there) removeAny(directory, name);
        linkAt(from, first, { directory, name });
      });
    });
  }
}

function removeAny(fd: number, name: Buffer): void {
  if (statusOf(fd, name).kind !== 'directory') {
    removeAt(fd, name, 'file');
    return;
  }
  usingFd(openDirectoryAt(fd, name), (below) => {
    for (const one of namesIn(below)) removeAny(below, one);
  });
  removeAt(fd, name, 'directory');
}

async function fill(root: number, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const entry of readTar(tar)) {
    signal.throwIfAborted();
    const path = cleaned(entry.name);
    if (entry.type !== 'file' || path === '') throw invalid(path);
    const fd = openReal(root, parentOf(path));
    try {
      const name = baseOf(path);
      if (tryStatusOf(fd, bytesOf(name))) removeAt(fd, bytesOf(name), 'file');
      await makeEntry({ directory: fd, name, path }, { ...entry, uid: 0, gid: 0, xattrs: new Map() });
    } finally {
      closeFd(fd);
    }
    count++;
  }
  return count;
}
