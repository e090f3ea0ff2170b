import { type HandOver, packTree } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import type { ContainerFiles, OpenPlace, PathStat } from './contract.ts';
import { copyIn, copyOut, isPlain } from './direct.ts';
import { extract } from './extract.ts';
import type { Located } from './locate.ts';
import { copyFileIn } from './one-file.ts';
import { baseName, cleanPath, pathStat } from './path-stat.ts';
import { destination, explained, find, ownerOf, refuseReadOnly, treeToRead, writing } from './reach.ts';
import { byteString, type FileTree, refuseSilentBelow } from './tree.ts';

/** Copying files in and out: see ContainerFiles. */
export function createArchives(
  context: Context,
): Pick<ContainerFiles, 'statPath' | 'readArchive' | 'writeArchive' | 'copyIn' | 'copyOut' | 'copyFileIn'> {
  return {
    statPath: (reference, path) => statPath(context, reference, path),
    readArchive: async (reference, path, handOver) =>
      readArchive(context, path, await open(context, { reference, path }), handOver),
    async copyOut(reference, path, { handOver, into }) {
      const opened = await open(context, { reference, path });
      if (!isPlain(opened.tree, opened.found)) return readArchive(context, path, opened, handOver);
      return { stat: opened.stat, copied: copied(context, opened, into) };
    },
    writeArchive: (reference, options) => writeArchive(context, reference, options),
    copyIn: (reference, options) => copyIn(context, reference, options),
    copyFileIn: (reference, options) => copyFileIn(context, reference, options),
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

interface Found {
  row: ContainerRow;
  tree: FileTree;
  found: Located;
  stat: PathStat;
}

/** What is at the path. */
async function open(context: Context, { reference, path }: { reference: string; path: string }): Promise<Found> {
  const row = resolve(context.store, reference);
  const tree = await treeToRead(context, row);
  let found: Located | undefined;
  try {
    found = find(tree, { reference, path });
    refuseSilentBelow(tree, found.path);
    return { row, tree, found, stat: pathStat(tree, path, found) };
  } catch (error) {
    found?.close();
    tree.close();
    throw error;
  }
}

function readArchive(context: Context, path: string, opened: Found, handOver?: HandOver) {
  const { row, tree, found, stat } = opened;
  context.events.publish(row, 'archive-path');
  return { stat, archive: packed(tree, found, { name: baseName(cleanPath(path)), handOver }) };
}

/** Closes both at its end. */
async function copied(context: Context, { row, tree, found }: Found, into: OpenPlace): Promise<number> {
  try {
    const size = await copyOut(context, found, into);
    context.events.publish(row, 'archive-path');
    return size;
  } finally {
    found.close();
    tree.close();
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

type WriteOptions = Parameters<ContainerFiles['writeArchive']>[1];

async function writeArchive(context: Context, reference: string, options: WriteOptions): Promise<void> {
  const { path } = options;
  const clean = cleanPath(path);
  await writing(context, reference, async (row, tree) => {
    try {
      const into = destination(tree, { reference, path });
      refuseReadOnly(row, clean);
      const owner = options.copyUIDGID && row.config.User ? ownerOf(tree, row.config.User) : undefined;
      await extract(tree, { ...options, into, shown: clean, ...(owner && { owner }) });
      context.events.publish(row, 'extract-to-dir');
    } catch (error) {
      throw explained(error, { reference, path, clean });
    }
  });
}
