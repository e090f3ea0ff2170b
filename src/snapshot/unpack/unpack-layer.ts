import { type FileStatus, makeDirectoryAt, makeNodeAt, namesIn, setXattrAt } from '../../host/index.ts';
import { readTar, type TarEntry } from '../../oci/index.ts';
import { setAttributes } from './attributes.ts';
import { baseOf, bytesOf, joined, normalised, parentOf, whiteoutOf } from './entry-path.ts';
import { makeHardLink } from './hard-link.ts';
import { makeEntry } from './make-entry.ts';
import { createTree, type Tree } from './tree.ts';

interface Unpacking {
  root: number;
  tree: Tree;
  below: () => Promise<number | undefined>;
  /** Names this layer takes away from the layers below; a directory that comes later under such a name hides theirs. */
  whiteouts: Set<string>;
  /** The tree has all that is below, too: what is hidden is removed, but for what this layer itself put there. */
  whole: boolean;
  own: Set<string>;
}

/**
 * Unpacks a layer's tar into the empty directory `root` as a lower directory of an overlay. Whatever the archive says, nothing
 * outside of `root` is touched. `below` is asked for the layers underneath only where the archive leaves something to them.
 * Returns the bytes of all files, and whether the root directory itself was listed.
 */
export async function unpackLayer(options: {
  root: number;
  tar: AsyncIterable<Uint8Array>;
  below: () => Promise<number | undefined>;
  whole: boolean;
}): Promise<{ size: number; listsRoot: boolean }> {
  const tree = createTree(options.root, options.below);
  const unpacking = { ...options, tree, whiteouts: new Set<string>(), own: new Set<string>() };
  let size = 0;
  let listsRoot = false;
  try {
    for await (const entry of readTar(options.tar)) {
      const path = normalised(entry.name);
      size += entry.type === 'symlink' ? entry.linkName.length : entry.size;
      if (path !== '') await place(unpacking, path, entry);
      else if (entry.type === 'directory') {
        listsRoot = true;
        finishDirectory(tree, '', entry);
      }
    }
    tree.finish();
    return { size, listsRoot };
  } finally {
    tree.close();
  }
}

async function place(at: Unpacking, path: string, entry: TarEntry): Promise<void> {
  const whiteout = whiteoutOf(baseOf(path));
  if (whiteout.kind === 'meta') return;
  const directory = await at.tree.directory(parentOf(path));
  if (whiteout.kind === 'opaque') conceal(at, directory);
  else if (whiteout.kind === 'whiteout') hide(at, joined(directory, whiteout.name));
  else await placeEntry(at, joined(directory, baseOf(path)), entry);
}

async function placeEntry(at: Unpacking, real: string, entry: TarEntry): Promise<void> {
  if (at.whole) own(at, real);
  const before = at.tree.status(real);
  if (entry.type === 'link') {
    const target = normalised(entry.linkName);
    if (before && target === real) return;
    if (before) at.tree.remove(real, before);
    await makeHardLink(at, target, { directory: parentOf(real), base: baseOf(real) });
  } else if (entry.type === 'directory') placeDirectory(at, real, { entry, before });
  else {
    if (before) at.tree.remove(real, before);
    await makeEntry({ directory: at.tree.open(parentOf(real)), name: baseOf(real), path: real }, entry);
  }
}

/** Also the directories on the way: they stay when they are hidden, with what is this layer's in them. */
function own(at: Unpacking, path: string): void {
  for (let way = path; way !== '' && !at.own.has(way); way = parentOf(way)) at.own.add(way);
}

function placeDirectory(
  at: Unpacking,
  path: string,
  { entry, before }: { entry: TarEntry; before: FileStatus | undefined },
): void {
  if (before?.kind !== 'directory') {
    if (before) at.tree.remove(path, before);
    makeDirectoryAt(at.tree.open(parentOf(path)), bytesOf(baseOf(path)), 0o700);
  }
  finishDirectory(at.tree, path, entry);
  if (at.whiteouts.has(path)) conceal(at, path);
}

function finishDirectory(tree: Tree, path: string, entry: TarEntry): void {
  if (path === '') setAttributes(tree.open(''), '.', { ...entry, symlink: false });
  else setAttributes(tree.open(parentOf(path)), baseOf(path), { ...entry, symlink: false });
  tree.settle(path, entry.modified);
}

/** Takes a name away from the layers below; what this layer itself has under it stays, alone. */
function hide(at: Unpacking, path: string): void {
  if (at.whole) {
    removeForeign(at, path);
    return;
  }
  at.whiteouts.add(path);
  const before = at.tree.status(path);
  if (before?.kind === 'directory') makeOpaque(at.tree, path);
  if (before) return;
  const name = bytesOf(baseOf(path));
  makeNodeAt(at.tree.open(parentOf(path)), name, { kind: 'char', mode: 0, device: [0, 0] });
}

/** What the layers below have in a directory is no longer there. */
function conceal(at: Unpacking, directory: string): void {
  if (!at.whole) makeOpaque(at.tree, directory);
  else
    for (const name of namesIn(at.tree.open(directory))) removeForeign(at, joined(directory, name.toString('latin1')));
}

/** Removes what the layers below have at a path; what this layer has there stays. */
function removeForeign(at: Unpacking, path: string): void {
  const status = at.tree.status(path);
  if (!status) return;
  if (!at.own.has(path)) at.tree.remove(path, status);
  else if (status.kind === 'directory') conceal(at, path);
}

function makeOpaque(tree: Tree, directory: string): void {
  setXattrAt(tree.open(directory), '.', { name: 'trusted.overlay.opaque', value: bytesOf('y') });
}
