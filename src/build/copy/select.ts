import { isPattern, namePattern, unescaped } from '../../api/index.ts';
import { closeFd, namesIn, O_PATH, openIn, SystemError, tryStatusOf } from '../../host/index.ts';
import { bytesOf, cleaned, joined, parentOf, realPath, statusAt, within } from './paths.ts';

/**
 * The paths in a tree that a source of COPY means, in the order of their names: itself, or what its pattern matches (`*`, `?`, `[…]`
 * within one name; with `deep` also `**`). Directories on the way may be symlinks.
 */
export function select(root: number, source: string, options: { deep?: boolean } = {}): string[] {
  const parts = cleaned(source).split('/');
  const at = parts.findIndex(isPattern);
  if (at < 0) return [unescaped(cleaned(source))];
  const base = realPath(root, unescaped(parts.slice(0, at).join('/')));
  const found: string[] = [];
  match(root, base, parts.slice(at), { found, deep: options.deep ?? false });
  return [...new Set(found)].toSorted();
}

function match(root: number, directory: string, parts: string[], to: { found: string[]; deep: boolean }): void {
  const [part = '', ...rest] = parts;
  const names = within(root, directory, (fd) => namesIn(fd).map((name) => name.toString('latin1'))) ?? [];
  if (part === '**' && to.deep) {
    if (rest.length > 0) match(root, directory, rest, to);
    for (const name of names.toSorted()) {
      const path = joined(directory, name);
      if (rest.length === 0) to.found.push(path);
      else if (statusAt(root, path)?.kind === 'directory') match(root, path, parts, to);
    }
    return;
  }
  const expression = namePattern(part);
  for (const name of names.toSorted()) {
    if (!expression.test(name)) continue;
    const path = joined(directory, name);
    if (rest.length === 0) to.found.push(path);
    else if (statusAt(root, path)?.kind === 'directory') match(root, path, rest, to);
  }
}

/** Whether a path is there, symlinks followed. */
export function isThere(root: number, path: string): boolean {
  try {
    closeFd(openIn(root, bytesOf(path), O_PATH));
    return true;
  } catch (error) {
    // The kernel follows fewer symlinks than are followed here.
    if (!(error instanceof SystemError)) throw error;
  }
  const real = realPath(root, path);
  if (real === '') return true;
  return (
    within(
      root,
      parentOf(real),
      (fd) => tryStatusOf(fd, bytesOf(real.slice(parentOf(real).length).replace(/^\//, ''))) !== undefined,
    ) ?? false
  );
}
