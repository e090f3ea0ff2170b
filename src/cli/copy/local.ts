import type { Stats } from 'node:fs';
import { explainSystemError } from '../../kit/index.ts';
import { fs, path } from '../lazy.ts';
import { type Destination, linkTarget, rebased, type Source } from './paths.ts';

/** What a local path names as the source of a copy; links on the way to it are followed, it itself only with `follow`. */
export function localSource(text: string, follow: boolean): Source {
  if (follow) {
    const found = rebased(text, resolveLinks(text));
    return { ...found, isDirectory: status('lstat', found.path).isDirectory() };
  }
  const slash = text.lastIndexOf('/');
  const directory = resolveLinks(text.slice(0, slash + 1));
  const found = `${directory === '/' ? '' : directory}/${text.slice(slash + 1)}`;
  const { basename } = path();
  const isRenamed = text.endsWith('/') && basename(text) !== basename(found);
  const isDirectory = status('lstat', found).isDirectory();
  return { path: found, isDirectory, ...(isRenamed ? { rebaseName: basename(text) } : {}) };
}

const mostLinks = 10;

/** What a local path names as the destination of a copy; a link there stands for what it points to, be it missing. */
export function localDestination(text: string): Destination {
  let at = text;
  let found = statusOrNone('lstat', at);
  for (let links = 0; found?.isSymbolicLink(); links++) {
    if (links > mostLinks) throw new Error(`too many symlinks in ${text}`);
    at = linkTarget(at, fs().readlinkSync(at));
    found = statusOrNone('lstat', at);
  }
  if (found) return { path: at, exists: true, isDirectory: found.isDirectory() };
  const parent = path().dirname(at.replace(/\/+$/, ''));
  if (!status('stat', parent).isDirectory()) throw new Error('not a directory');
  return { path: at, exists: false, isDirectory: false };
}

/** Refuses an output path whose directory is missing, or that is a device. */
export function checkOutput(text: string): void {
  const { dirname, normalize } = path();
  const directory = dirname(normalize(text));
  if (directory !== '.' && !statusOrNone('stat', directory)) {
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  }
  const found = statusOrNone('stat', text);
  if (found?.isCharacterDevice() || found?.isBlockDevice()) {
    throw new Error(`invalid output path: ${JSON.stringify(text)} must be a directory or a regular file: got a device`);
  }
}

type Call = 'stat' | 'lstat';

function status(call: Call, at: string): Stats {
  try {
    return call === 'stat' ? fs().statSync(at) : fs().lstatSync(at);
  } catch (error) {
    throw explainSystemError(error, at);
  }
}

function statusOrNone(call: Call, at: string): Stats | undefined {
  try {
    return status(call, at);
  } catch (error) {
    if (((error as Error).cause as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The path without links; what is missing is named by the path that leads to it. */
function resolveLinks(text: string): string {
  try {
    const real = fs().realpathSync(text);
    if (text.endsWith('/') && !fs().statSync(real).isDirectory()) throw new Error('not a directory');
    return real;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOTDIR') throw new Error('not a directory', { cause: error });
    if (code === 'ENOENT') throw new Error(`lstat ${firstMissing(text)}: no such file or directory`, { cause: error });
    throw code === undefined ? error : explainSystemError(error, text);
  }
}

function firstMissing(text: string): string {
  const words = text.split('/').filter(Boolean);
  for (let count = 1; count <= words.length; count++) {
    const at = `/${words.slice(0, count).join('/')}`;
    const found = fs().lstatSync(at, { throwIfNoEntry: false });
    if (!found) return at;
    if (found.isSymbolicLink() && !fs().existsSync(at)) return firstMissing(linkTarget(at, fs().readlinkSync(at)));
  }
  return text;
}
