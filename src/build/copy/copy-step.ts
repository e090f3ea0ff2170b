import { constants } from 'node:fs';
import { ignoreMatcher } from '../../api/ignore/index.ts';
import { isPattern } from '../../api/index.ts';
import {
  chmodAt,
  chownAt,
  closeFd,
  type FileTime,
  openDirectoryAt,
  openIn,
  removeAt,
  setTimesAt,
  tryStatusOf,
  usingFd,
  writeFd,
} from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { CopyStep, LocalSource } from '../language/index.ts';
import { unpackArchive } from './archive.ts';
import { type CopyRules, copyDirectoryAlone, copyTo, type Place } from './copier.ts';
import { ensureDirectory, type Made } from './directories.ts';
import type { Owner } from './owner.ts';
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
  textOf,
} from './paths.ts';
import { select } from './select.ts';

/** Something that COPY or ADD takes: a path in a tree. */
export interface Origin {
  root: number;
  /** As the Dockerfile writes it: may be a pattern. */
  path: string;
  /** With `--parents` what of `path` is copied, with the directories between. */
  parents?: LocalSource['parents'];
  /** Archives become what is in them. */
  unpack: boolean;
  /** What it is called if the destination is a directory, where its path does not say. */
  name?: string;
}

export interface CopyWork {
  step: Pick<CopyStep, 'dest' | 'inline' | 'exclude' | 'chmod'>;
  origins: Origin[];
  owner: Owner | undefined;
  time: FileTime | undefined;
  signal: AbortSignal;
}

/** Does what a COPY or ADD says in a tree. */
export async function copyFiles(root: number, work: CopyWork): Promise<void> {
  const rules = rulesOf(work);
  for (const origin of work.origins) {
    for (const found of selected(origin)) await copyOne(root, { work, origin, found, rules });
  }
  for (const { name, data } of work.step.inline) writeInline(root, { work, name, data });
}

/** A path that a source means; `base` is that part of it which `--parents` leaves out. */
export interface Found {
  path: string;
  base: string;
}

/** The paths that an origin means; only a pattern may mean none. */
export function selected({ root, path, parents }: Origin): Found[] {
  const bases = select(root, byteString(path));
  const found = bases.flatMap((base) => {
    if (!parents) return [{ path: base, base: '' }];
    const below = select(root, joined(base, byteString(parents.pattern)), { deep: true });
    return below.map((one) => ({ path: one, base }));
  });
  const isSure = parents ? parents.required : !isPattern(byteString(path));
  const there = found.filter((one) => exists(root, one.path));
  if (isSure && there.length < found.length) throw notFound(parents ? `${path}/${parents.pattern}` : path);
  return there;
}

export function notFound(path: string): EngineError {
  return new EngineError('invalid', `${JSON.stringify(`/${textOf(cleaned(byteString(path)))}`)}: not found`);
}

function exists(root: number, path: string): boolean {
  return statusAt(root, realPath(root, path)) !== undefined;
}

function rulesOf({ step, owner, time, signal }: CopyWork): CopyRules {
  return { owner, chmod: step.chmod, time, signal, ...excludesOf(step) };
}

/** What `--exclude` leaves out of a directory that is copied. */
export function excludesOf({ exclude }: Pick<CopyStep, 'exclude'>): Pick<CopyRules, 'excludes'> {
  if (exclude.length === 0) return {};
  const matcher = ignoreMatcher(exclude);
  return { excludes: (path) => matcher.ignores(textOf(path)) };
}

interface One {
  work: CopyWork;
  origin: Origin;
  found: Found;
  rules: CopyRules;
}

async function copyOne(root: number, one: One): Promise<void> {
  const { work, origin, found, rules } = one;
  if (origin.parents) return copyWithParents(root, one);
  const { path } = found;
  const real = realPath(origin.root, path);
  const source = statusAt(origin.root, real);
  const dest = byteString(work.step.dest);
  const made = madeBy(work);
  if (origin.unpack && source?.kind === 'file') {
    const archive = { root: origin.root, path: real };
    if (await unpackArchive(archive, { root, dest, owner: work.owner, time: work.time, signal: work.signal })) return;
  }
  // What a directory is copied to is made like its parents: it is the files in it that keep their looks.
  const isNew = source?.kind === 'directory' && statusAt(root, realPath(root, dest)) === undefined;
  ensureWay(root, isNew ? `${dest}/` : dest, made);
  let target = realPath(root, dest);
  const there = statusAt(root, target);
  if (source?.kind !== 'directory' && there?.kind === 'directory') target = joined(target, origin.name ?? baseOf(path));
  await between(origin.root, real, { root, path: target }, (from, to) => copyTo(from, to, rules));
}

/** Makes the directories up to where a destination leads, also by a symlink to nowhere; and itself, where it ends in a slash. */
function ensureWay(root: number, dest: string, made: Made): void {
  ensureDirectory(root, dest.endsWith('/') ? dest : parentOf(realPath(root, dest)), made);
}

/** How directories look that a copy makes on its way: 0755, or of that what a number of `--chmod` says: dockerd's umask holds for them. */
function madeBy({ step, owner, time }: CopyWork): Made {
  return { owner, time, ...(typeof step.chmod === 'number' && { mode: step.chmod & 0o755 }) };
}

/** Copies with the directories between. */
async function copyWithParents(root: number, { work, origin, found, rules }: One): Promise<void> {
  const { path, base } = found;
  const below = base === '' ? path : path.slice(base.length + 1);
  const top = ensureDirectory(root, byteString(work.step.dest), { owner: work.owner, time: work.time });
  const parts = below.split('/');
  for (let count = 1; count < parts.length; count++) {
    const way = parts.slice(0, count).join('/');
    const source = realPath(origin.root, joined(base, way));
    await between(origin.root, source, { root, path: joined(top, way) }, (from, to) =>
      copyDirectoryAlone(from, to, rules),
    );
  }
  const source = realPath(origin.root, path, false);
  await between(origin.root, source, { root, path: joined(top, below) }, (from, to) => copyTo(from, to, rules));
}

async function between(
  root: number,
  source: string,
  target: { root: number; path: string },
  work: (from: Place, to: Place) => Promise<void> | void,
): Promise<void> {
  const from = openReal(root, parentOf(source));
  try {
    const to = openReal(target.root, parentOf(target.path));
    try {
      await work(
        { directory: from, name: bytesOf(baseOf(source)) },
        { directory: to, name: bytesOf(baseOf(target.path)) },
      );
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
}

/** A file that the Dockerfile itself holds. */
function writeInline(root: number, { work, name, data }: { work: CopyWork; name: string; data: string }): void {
  const dest = byteString(work.step.dest);
  ensureWay(root, dest, madeBy(work));
  const there = realPath(root, dest);
  const path = statusAt(root, there)?.kind === 'directory' ? joined(there, byteString(name)) : there;
  usingFd(openReal(root, parentOf(path)), (directory) => {
    const base = bytesOf(baseOf(path));
    if (tryStatusOf(directory, base)) removeAt(directory, base, 'file');
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    usingFd(openIn(directory, base, flags, { mode: 0o600, noSymlinks: true }), (fd) => writeFd(fd, Buffer.from(data)));
    // An owner takes setuid bits away.
    chownAt(directory, base, work.owner ?? { uid: 0, gid: 0 });
    chmodAt(directory, base, typeof work.step.chmod === 'number' ? work.step.chmod : 0o644);
    if (work.time) setTimesAt(directory, base, work.time);
  });
}

/** Opens a path's directory in a tree. */
export function placeIn(root: number, path: string): { directory: number; name: Buffer; close: () => void } {
  const real = realPath(root, path);
  const directory = real === '' ? openDirectoryAt(root, '.') : openReal(root, parentOf(real));
  return { directory, name: bytesOf(baseOf(real)), close: () => closeFd(directory) };
}
