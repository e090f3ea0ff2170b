import { closeFd, createLook, openDirectoryAt } from '../../host/index.ts';
import { isOpaque } from '../pack/entry-head.ts';

/**
 * The directory at an absolute path that one of the trees (of an overlay, the topmost first) has alone, open for reading: all there is
 * at that path, without an overlay to learn every name anew. Undefined where several have it, or where on the way there is anything
 * but plain directories: a symlink, a mark of what is hidden. The caller closes it, and the trees.
 */
export function soleDirectory(trees: readonly number[], path: string): number | undefined {
  const names = path.split('/').filter(Boolean);
  let sole: number | undefined;
  for (const tree of trees) {
    const found = walkTo(tree, names);
    if (found === 'absent') continue;
    if (typeof found === 'number' && sole === undefined) {
      sole = found;
      continue;
    }
    for (const fd of [found, sole]) if (typeof fd === 'number') closeFd(fd);
    return undefined;
  }
  return sole;
}

function walkTo(tree: number, names: string[]): number | 'absent' | 'hidden' {
  const look = createLook();
  let at = openDirectoryAt(tree, '.');
  for (const name of names) {
    const is = look.at(at, Buffer.from(`${name}\0`)) ? look.kind() : 'absent';
    const isPlain =
      is === 'directory' && name !== '.' && name !== '..' && !isOpaque({ directory: at, name: Buffer.from(name) });
    const next = isPlain ? openDirectoryAt(at, name) : undefined;
    closeFd(at);
    if (next === undefined) return is === 'absent' ? 'absent' : 'hidden';
    at = next;
  }
  return at;
}
