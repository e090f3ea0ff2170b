import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What of a data root is no part of it for good: the database is copied apart, the rest the next engine makes anew. */
const passing = [/^tug\.db/, /^reserve/, /^mounts$/, /^lost\+found$/, /^\.restoring$/];
/** What was a volume. */
const beingFreed = /^volumes\/\.removed-/;
/** Directories whose entries come and go one by one; each is whole once it has its name. */
const shelves = ['blobs', 'blobs/sha256', 'containers', 'volumes'];
const inDriver = ['layers', 'containers', 'l', 'frozen'];

/** The parts of a data root, by their paths below it. */
export interface Items {
  /** Directories that are made empty, with their owners and modes, before anything in them. */
  shelves: string[];
  /** Everything else, each with all that is in it. */
  items: string[];
}

/** What there is now; `driver` is the storage driver's directory. */
export function itemsOf(dataRoot: string, driver: string): Items {
  const open = [...shelves, driver, ...inDriver.map((name) => `${driver}/${name}`)].filter((path) =>
    statSync(join(dataRoot, path), { throwIfNoEntry: false })?.isDirectory(),
  );
  // Snapshots come one by one, too, to each container.
  const frozen = `${driver}/frozen`;
  if (open.includes(frozen)) open.push(...readdirSync(join(dataRoot, frozen)).map((id) => `${frozen}/${id}`));
  const closed = new Set(open);
  const within = open
    .filter((path) => path !== 'blobs' && path !== driver)
    .flatMap((path) => readdirSync(join(dataRoot, path)).map((name) => `${path}/${name}`))
    .filter((path) => !beingFreed.test(path));
  const top = readdirSync(dataRoot).filter((name) => !passing.some((pattern) => pattern.test(name)));
  return { shelves: open, items: [...top, ...within].filter((path) => !closed.has(path)) };
}
