import { isPattern, namePattern, unescaped } from '../../../../api/index.ts';
import { fs } from '../../../lazy.ts';
import { linkText, namesIn, onDisk } from './byte-paths.ts';

/** What is wanted of a directory, by name; of one without a part of its own everything. */
export type Part = Map<string, Part | undefined>;

/** One name of a path: as it is, by a pattern, or everything from there on. */
type Name = { is: string } | { like: RegExp } | 'everything';

const mostSymlinks = 255;

/**
 * Where paths as COPY has them lead in a directory; undefined where that is all of it. Symlinks on the way, and the last one, are wanted
 * with what they lead to, as a process would find it that has the directory as its root. Paths are byte strings; a root ends in a slash.
 */
export function partOf(root: string, paths: readonly string[]): Part | undefined {
  const part: Part = new Map();
  const ends = paths.flatMap((path) => [...endsOf(root, { directory: '', names: namesOf(path), symlinks: 0 })]);
  if (ends.includes('')) return undefined;
  for (const end of ends) want(part, end.split('/'));
  return part;
}

function want(part: Part, names: string[]): void {
  let at = part;
  for (const [index, name] of names.entries()) {
    const known = at.get(name);
    if (at.has(name) && known === undefined) return;
    const isLast = index === names.length - 1;
    const next = isLast ? undefined : (known ?? new Map());
    at.set(name, next);
    if (next) at = next;
  }
}

const namesOf = (path: string): Name[] =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) =>
      name === '**' ? 'everything' : isPattern(name) ? { like: namePattern(name) } : { is: unescaped(name) },
    );

/** Names that are still to be followed, from a directory of which no part is a symlink. */
interface Way {
  directory: string;
  names: Name[];
  symlinks: number;
}

/** The places that a way leads to, and those of the symlinks on it. */
function* endsOf(root: string, { directory, names, symlinks }: Way): Generator<string> {
  const [name, ...rest] = names;
  if (name === undefined || name === 'everything') return yield directory;
  if ('is' in name && name.is === '..') {
    return yield* endsOf(root, { directory: parentOf(directory), names: rest, symlinks });
  }
  for (const found of 'is' in name ? [name.is] : namesLike(root + directory, name.like)) {
    const path = directory === '' ? found : `${directory}/${found}`;
    const link = linkAt(root + path);
    if (link === undefined) yield* endsOf(root, { directory: path, names: rest, symlinks });
    else {
      yield path;
      if (symlinks === mostSymlinks) continue;
      const from = link.startsWith('/') ? '' : directory;
      const followed = link.split('/').filter((one) => one !== '' && one !== '.');
      const onward = [...followed.map((is) => ({ is })), ...rest];
      yield* endsOf(root, { directory: from, names: onward, symlinks: symlinks + 1 });
    }
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** None where there is no such directory. */
function namesLike(directory: string, pattern: RegExp): string[] {
  try {
    return namesIn(directory).filter((name) => pattern.test(name));
  } catch (error) {
    if (isNothing(error)) return [];
    throw error;
  }
}

function linkAt(path: string): string | undefined {
  try {
    if (!fs().lstatSync(onDisk(path), { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
  return linkText(path);
}

const isNothing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
