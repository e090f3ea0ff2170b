import { constants } from 'node:fs';
import {
  closeFd,
  isAbsent,
  makeDirectoryAt,
  openDirectoryAt,
  openIn,
  type TreeCopy,
  tryStatusOf,
} from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { ContainerFiles, OpenPlace } from './contract.ts';
import { type Located, locate } from './locate.ts';
import { cleanPath } from './path-stat.ts';
import { destination, ownerOf, refuseReadOnly, writing } from './reach.ts';
import type { FileTree } from './tree.ts';

// Whole directories without an archive, copied by the kernel and a process of the shim's. Only the plain case: whatever is in the way, or
// is no simple tree, fails, and an archive then has the right outcome and the right words.

/** As an archive would have it. */
const asArchived = { wholeSeconds: true, replace: true } satisfies Partial<TreeCopy>;

/** See ContainerFiles.copyIn. */
export function copyIn(
  context: Context,
  reference: string,
  { path, from, copyUIDGID }: Parameters<ContainerFiles['copyIn']>[1],
): Promise<number> {
  return writing(context, reference, async (row, tree) => {
    const into = destination(tree, { reference, path });
    refuseReadOnly(row, cleanPath(path));
    // Owners have other numbers on the disk.
    if (tree.ids) throw notPlain();
    const owner = copyUIDGID && row.config.User ? ownerOf(tree, row.config.User) : undefined;
    const to = openInside(tree, into, from.name);
    try {
      const kept = { owners: owner ?? 'kept', xattrs: 'capabilities' } as const;
      const options = { ...kept, within: 'to', top: from.name !== '.', ...asArchived } as const;
      const size = await context.runtime.copyTree({ from: from.directory, to, ...options }, from);
      context.events.publish(row, 'extract-to-dir');
      return size;
    } finally {
      closeFd(to);
    }
  });
}

/** The directory of that name in one of a container, made if it is missing and open for reading; the caller closes it. */
function openInside(tree: FileTree, into: string, name: string): number {
  const path = [into, name].filter((part) => part !== '' && part !== '.').join('/');
  const found = locateOrMake(tree, { into, name, path });
  try {
    if (found.status.kind !== 'directory' || found.readOnly || tree.mountedBelow(found.path)) throw notPlain();
    return openDirectoryAt(found.spot.directory, found.spot.name);
  } finally {
    found.close();
  }
}

function locateOrMake(tree: FileTree, { into, name, path }: Record<'into' | 'name' | 'path', string>): Located {
  try {
    return locate(tree, path, { follow: false });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  const parent = locate(tree, into, { follow: true });
  try {
    if (parent.readOnly) throw notPlain();
    makeDirectoryAt(parent.fd, Buffer.from(name, 'latin1'), 0o700);
  } finally {
    parent.close();
  }
  return locate(tree, path, { follow: false });
}

/** Whether a directory of a container's is one that `copyOut` takes. */
export function isPlain(tree: FileTree, { path, status }: Located): boolean {
  return status.kind === 'directory' && !tree.isForeign(path, status) && !tree.mountedBelow(path);
}

/** Copies a directory of a container's to the place; see ContainerFiles.copyOut. */
export async function copyOut(context: Context, found: Located, into: OpenPlace): Promise<number> {
  const from = openDirectoryAt(found.spot.directory, found.spot.name);
  try {
    const to = openPlace(into);
    try {
      const isItself = into.name === '.';
      const options = { within: 'from', top: !isItself, linksUp: isItself ? 0 : 1, ...asArchived } as const;
      return await context.runtime.copyTree({ from, to, ...options }, into);
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
}

function openPlace({ directory, name }: OpenPlace): number {
  const bytes = Buffer.from(name, 'latin1');
  if (name !== '.' && !tryStatusOf(directory, bytes)) makeDirectoryAt(directory, bytes, 0o700);
  return openIn(directory, bytes, constants.O_RDONLY | constants.O_DIRECTORY, { noSymlinks: true });
}

const notPlain = () => new EngineError('unavailable', 'this is to be copied by an archive');
