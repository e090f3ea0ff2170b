import { path } from '../lazy.ts';

/** What is copied: its path, whether it is a directory, and the name it shall have where that is another than its own. */
export interface Source {
  path: string;
  isDirectory: boolean;
  rebaseName?: string;
}

/** Where a copy goes. */
export interface Destination {
  path: string;
  exists: boolean;
  isDirectory: boolean;
}

/** A directory to unpack into, and what the first word of each name in the archive turns into. */
export interface Plan {
  directory: string;
  rename?: { from: string; to: string };
}

/** Splits `container:path`; a path with a colon in it is made plain by a leading `/` or `.`. */
export function splitArgument(text: string): { container: string; path: string } {
  const colon = text.indexOf(':');
  if (text.startsWith('/') || text.startsWith('.') || colon < 0) return { container: '', path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** A local path made absolute that still says, by `/` or `/.` at its end, that it is a directory. */
export function resolveLocal(text: string): string {
  return keepEnd(path().resolve(text), text);
}

/** Gives a cleaned path the `/.` or `/` back that it ended in. */
export function keepEnd(cleaned: string, original: string): string {
  let kept = cleaned;
  if (!namesItself(kept) && namesItself(original)) kept += kept.endsWith('/') ? '.' : '/.';
  if (!kept.endsWith('/') && original.endsWith('/')) kept += '/';
  return kept;
}

/** Whether a path's last word is a dot: its contents are meant. */
export function namesItself(text: string): boolean {
  return path().basename(text) === '.' || text === '';
}

/** A path's directory and last word; a last `.` stays one. */
export function splitEntry(text: string): [directory: string, base: string] {
  const normal = path().normalize(text);
  const cleaned = normal === '/' ? normal : normal.replace(/\/+$/, '');
  if (namesItself(text)) return [cleaned, '.'];
  return [path().dirname(cleaned), cleaned === '/' ? '/' : path().basename(cleaned)];
}

/** What a link points to from where it stands. */
export function linkTarget(link: string, target: string): string {
  return target.startsWith('/') ? target : path().join(splitEntry(link)[0], target);
}

/** The target of a link in the link's stead, and the link's name where the copy shall go by it. */
export function rebased(link: string, target: string): { path: string; rebaseName?: string } {
  const resolved = keepEnd(target, link);
  const [name, other] = [path().basename(link), path().basename(resolved)];
  return name === other ? { path: resolved } : { path: resolved, rebaseName: name };
}

/** How a copy must be unpacked for `cp`'s rules; a copy that they forbid throws in Docker's words. */
export function planCopy(source: Source, destination: Destination): Plan {
  if (destination.exists && destination.isDirectory) return { directory: destination.path };
  if (destination.exists && source.isDirectory) throw new Error('cannot copy directory');
  const isMissing = !destination.exists && !source.isDirectory;
  if (isMissing && (destination.path.endsWith('/') || namesItself(destination.path))) {
    throw new Error('no such directory');
  }
  const [directory, to] = splitEntry(destination.path);
  return { directory, rename: { from: source.rebaseName ?? splitEntry(source.path)[1], to } };
}

/** A name of an archive under its new first word. */
export function renameEntry(name: string, { rename }: Pick<Plan, 'rename'>): string {
  if (!rename) return name;
  if (rename.from === '/') return `${rename.to}/${name.replace(/^\.?\/+/, '')}`;
  if (name === rename.from || name.startsWith(`${rename.from}/`)) return rename.to + name.slice(rename.from.length);
  return name;
}
