import { posix } from 'node:path';
import { readFileIn, SystemError } from '../../host/index.ts';
import { EngineError, explainSystemError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, getRow } from '../row.ts';
import { lookupUser } from '../spec/process/users.ts';
import { type Located, locate } from './locate.ts';
import { runningTree, stoppedTree } from './open-tree.ts';
import { cleanPath } from './path-stat.ts';
import { byteString, type FileTree } from './tree.ts';

/** What is at the user's path; otherwise Docker's words. */
export function find(tree: FileTree, { reference, path }: { reference: string; path: string }): Located {
  const clean = cleanPath(path);
  try {
    return locate(tree, byteString(clean), { follow: false });
  } catch (error) {
    throw explained(error, { reference, path, clean });
  }
}

export function explained(error: unknown, about: { reference: string; path: string; clean: string }): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.code === 'ENOENT') return notThere(about);
  return explainSystemError(new SystemError('lstat', error.errno), about.clean);
}

function notThere({ reference, path }: { reference: string; path: string }): EngineError {
  return new EngineError('notFound', `Could not find the file ${path} in container ${reference}`);
}

/** The files of a container; where mounts had no places yet, they have them now. */
export async function treeToRead(context: Context, row: ContainerRow): Promise<FileTree> {
  const tree = await treeNow(context, row);
  if (!tree.lacksPlaces) return tree;
  tree.close();
  await writing(context, row.id, async () => undefined);
  return treeNow(context, row);
}

/** A stopped container is read through a mount of its own, so that it may be started meanwhile. */
async function treeNow(context: Context, row: ContainerRow): Promise<FileTree> {
  const run = context.runs.get(row.id);
  if (run) return runningTree(context, row, run.process.openRoot());
  return stoppedTree(context, row, { root: context.snapshots.view(row.id, 'host') });
}

/**
 * Does what writes into a container's files and closes them. One that does not run stays so until it is done: its upper directory may be
 * mounted only once.
 */
export async function writing<T>(
  context: Context,
  reference: string,
  work: (row: ContainerRow, tree: FileTree) => Promise<T>,
): Promise<T> {
  const { id } = resolve(context.store, reference);
  const into = async (row: ContainerRow, opened: Promise<FileTree>): Promise<T> => {
    const tree = await opened;
    try {
      return await work(row, tree);
    } finally {
      tree.close();
    }
  };
  const run = context.runs.get(id);
  if (run) {
    const row = getRow(context.store, id);
    return into(row, runningTree(context, row, run.process.openRoot()));
  }
  return context.locks.run(id, () => {
    const row = getRow(context.store, id);
    const begun = context.runs.get(id);
    if (begun) return into(row, runningTree(context, row, begun.process.openRoot()));
    // The disk is not waited for: what is copied is as safe as what the container writes.
    const root = context.snapshots.mount(id, { volatile: true });
    return into(row, stoppedTree(context, row, { root, makePlaces: true }));
  });
}

/** The directory that is meant, without symlinks. */
export function destination(tree: FileTree, about: { reference: string; path: string }): string {
  const clean = cleanPath(about.path);
  const found = locate(tree, byteString(clean), { follow: true });
  found.close();
  if (found.status.kind !== 'directory') throw new EngineError('invalid', 'extraction point is not a directory');
  return found.path;
}

/** As Docker has it, by the path as it is written. */
export function refuseReadOnly(row: ContainerRow, path: string): void {
  const at = posix.join(path, '.');
  const within = (mount: string) => at === mount || at.startsWith(`${mount}/`);
  const mounts = row.mounts.filter(({ destination: mount }) => within(posix.resolve('/', mount)));
  if (mounts.some(({ rw }) => !rw)) throw new EngineError('invalid', 'mounted volume is marked read-only');
  if (mounts.length === 0 && row.hostConfig.ReadonlyRootfs) {
    throw new EngineError('invalid', 'container rootfs is marked read-only');
  }
}

/** The owner that the name or number of a user stands for in a container's files. */
export function ownerOf(tree: FileTree, user: string): { uid: number; gid: number } {
  const { uid, gid, additionalGids } = lookupUser(user, (path) => readFileIn(tree.root, path));
  return { uid, gid: user.includes(':') ? (additionalGids[0] ?? gid) : gid };
}
