import { posix } from 'node:path';
import { readFileIn, SystemError } from '../../host/index.ts';
import { EngineError, explainSystemError } from '../../kit/index.ts';
import { type HandOver, packTree } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, getRow } from '../row.ts';
import { lookupUser } from '../spec/process/users.ts';
import type { ContainerFiles, PathStat } from './contract.ts';
import { extract } from './extract.ts';
import { type Located, locate } from './locate.ts';
import { baseName, cleanPath, pathStat } from './path-stat.ts';
import { byteString, type FileTree, refuseSilentBelow, runningTree, stoppedTree } from './tree.ts';

/** Copying files in and out: see ContainerFiles. */
export function createArchives(context: Context): Pick<ContainerFiles, 'statPath' | 'readArchive' | 'writeArchive'> {
  return {
    statPath: (reference, path) => statPath(context, reference, path),
    readArchive: (reference, path, handOver) => readArchive(context, { reference, path }, handOver),
    writeArchive: (reference, options) => writeArchive(context, reference, options),
  };
}

async function statPath(context: Context, reference: string, path: string): Promise<PathStat> {
  const row = resolve(context.store, reference);
  const tree = await treeToRead(context, row);
  try {
    const found = find(tree, { reference, path });
    try {
      return pathStat(tree, path, found);
    } finally {
      found.close();
    }
  } finally {
    tree.close();
  }
}

async function readArchive(
  context: Context,
  { reference, path }: { reference: string; path: string },
  handOver: HandOver | undefined,
) {
  const row = resolve(context.store, reference);
  const tree = await treeToRead(context, row);
  let found: Located | undefined;
  try {
    found = find(tree, { reference, path });
    refuseSilentBelow(tree, found.path);
    const stat = pathStat(tree, path, found);
    context.events.publish(row, 'archive-path');
    return { stat, archive: packed(tree, found, { name: baseName(cleanPath(path)), handOver }) };
  } catch (error) {
    found?.close();
    tree.close();
    throw error;
  }
}

/** Closes both at its end. */
async function* packed(
  tree: FileTree,
  found: Located,
  { name, handOver }: { name: string; handOver: HandOver | undefined },
): AsyncGenerator<Uint8Array> {
  const at = (path: string) => [found.path, path].filter(Boolean).join('/');
  try {
    yield* packTree({
      from: found.spot,
      as: byteString(name),
      ...(handOver && { handOver }),
      ...(tree.ids && { ids: tree.ids }),
      instead: (path, status) => {
        if (path === '') return undefined;
        const mounted = tree.mounted(at(path));
        if (mounted || !status || !tree.isForeign(at(path), status)) return mounted;
        // A single file is a secret, or was put there from within.
        return status.kind === 'directory' ? 'empty' : 'absent';
      },
    });
  } finally {
    found.close();
    tree.close();
  }
}

/** What is at the user's path; otherwise Docker's words. */
function find(tree: FileTree, { reference, path }: { reference: string; path: string }): Located {
  const clean = cleanPath(path);
  try {
    return locate(tree, byteString(clean), { follow: false });
  } catch (error) {
    throw explained(error, { reference, path, clean });
  }
}

function explained(error: unknown, about: { reference: string; path: string; clean: string }): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.code === 'ENOENT') return notThere(about);
  return explainSystemError(new SystemError('lstat', error.errno), about.clean);
}

function notThere({ reference, path }: { reference: string; path: string }): EngineError {
  return new EngineError('notFound', `Could not find the file ${path} in container ${reference}`);
}

/** A stopped container is read through a mount of its own, so that it may be started meanwhile. */
async function treeToRead(context: Context, row: ContainerRow): Promise<FileTree> {
  const run = context.runs.get(row.id);
  if (run) return runningTree(context, row, run.process.openRoot());
  return stoppedTree(context, row, context.snapshots.view(row.id, 'host'));
}

type WriteOptions = Parameters<ContainerFiles['writeArchive']>[1];

/** A container that does not run stays so until all is written: its upper directory may be mounted only once. */
async function writeArchive(context: Context, reference: string, options: WriteOptions): Promise<void> {
  const { id } = resolve(context.store, reference);
  const run = context.runs.get(id);
  if (run) {
    const row = getRow(context.store, id);
    const tree = await runningTree(context, row, run.process.openRoot());
    await writeInto(context, row, tree, { reference, ...options });
    return;
  }
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    const begun = context.runs.get(id);
    const tree = begun
      ? await runningTree(context, row, begun.process.openRoot())
      : // The disk is not waited for: what is copied is as safe as what the container writes.
        await stoppedTree(context, row, context.snapshots.mount(id, { volatile: true }));
    await writeInto(context, row, tree, { reference, ...options });
  });
}

async function writeInto(
  context: Context,
  row: ContainerRow,
  tree: FileTree,
  options: WriteOptions & { reference: string },
): Promise<void> {
  const { path, reference } = options;
  const clean = cleanPath(path);
  try {
    const into = destination(tree, { reference, path });
    refuseReadOnly(row, clean);
    const owner = options.copyUIDGID && row.config.User ? ownerOf(tree, row.config.User) : undefined;
    await extract(tree, {
      ...options,
      into,
      shown: clean,
      ...(owner && { owner }),
    });
    context.events.publish(row, 'extract-to-dir');
  } catch (error) {
    throw explained(error, { reference, path, clean });
  } finally {
    tree.close();
  }
}

/** The directory that is meant, without symlinks. */
function destination(tree: FileTree, about: { reference: string; path: string }): string {
  const clean = cleanPath(about.path);
  const found = locate(tree, byteString(clean), { follow: true });
  found.close();
  if (found.status.kind !== 'directory') throw new EngineError('invalid', 'extraction point is not a directory');
  return found.path;
}

/** As Docker has it, by the path as it is written. */
function refuseReadOnly(row: ContainerRow, path: string): void {
  const at = posix.join(path, '.');
  const within = (mount: string) => at === mount || at.startsWith(`${mount}/`);
  const mounts = row.mounts.filter(({ destination: mount }) => within(posix.resolve('/', mount)));
  if (mounts.some(({ rw }) => !rw)) throw new EngineError('invalid', 'mounted volume is marked read-only');
  if (mounts.length === 0 && row.hostConfig.ReadonlyRootfs) {
    throw new EngineError('invalid', 'container rootfs is marked read-only');
  }
}

function ownerOf(tree: FileTree, user: string): { uid: number; gid: number } {
  const { uid, gid, additionalGids } = lookupUser(user, (path) => readFileIn(tree.root, path));
  return { uid, gid: user.includes(':') ? (additionalGids[0] ?? gid) : gid };
}
