import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { detachedOverlay, openDirectory, openDirectoryAt, treeSize, usingFd } from '../host/index.ts';
import { crashpoint, EngineError, explainSystemError } from '../kit/index.ts';
import type { Discard } from './discard.ts';
import type { Driver } from './driver/driver.ts';
import { mountTree, topTree } from './driver/whole-trees.ts';
import type { Layers } from './layers.ts';
import { type Layout, scratchIn } from './layout.ts';

/** The writable layers of containers. */
export interface Containers {
  create(id: string, keys: string[]): Promise<void>;
  /** The keys of its layers, lowest first. */
  keys(id: string): string[];
  mount(id: string, options: { volatile: boolean }): number;
  /** The merged tree, read only; the caller closes the fd. */
  view(id: string): number;
  /** The upper directory, open for reading; the caller closes it. */
  upper(id: string): number;
  size(id: string): Promise<number>;
  remove(id: string): void;
  /** Writes down anew what it stands on. */
  restack(id: string, keys: string[]): void;
  ids(): string[];
  path(id: string): string;
}

export function createContainers(at: { layout: Layout; layers: Layers; discard: Discard; driver: Driver }): Containers {
  const { layout, layers, discard, driver } = at;
  const path = (id: string) => {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(id)) throw new EngineError('internal', `${id} cannot name a snapshot`);
    return join(layout.containers, id);
  };

  function keys(id: string): string[] {
    try {
      return JSON.parse(readFileSync(join(path(id), 'layers.json'), 'utf8')) as string[];
    } catch (error) {
      throw new EngineError('internal', `the writable layer of ${id} is not there`, error);
    }
  }

  return {
    path,
    keys,
    async create(id, stack) {
      if (existsSync(path(id))) throw new EngineError('internal', `the writable layer of ${id} is there already`);
      const directory = scratchIn(layout, layout.incoming);
      try {
        await fill(directory, stack, at);
        renameSync(directory, path(id));
      } catch (error) {
        discard(directory);
        throw explainSystemError(error, path(id));
      }
      crashpoint('snapshot.container.renamed');
    },
    mount(id, { volatile }) {
      const stack = keys(id);
      // The kernel refuses an upper that was once mounted volatile until somebody who takes the risk removes this.
      rmSync(join(path(id), 'work/work/incompat/volatile'), { recursive: true, force: true });
      const fd = overlayOf(stack, { layers, links: layout.links, within: `../containers/${id}`, volatile });
      crashpoint('snapshot.container.mounted');
      return fd;
    },
    view(id) {
      const stack = keys(id);
      const within = `../containers/${id}/diff`;
      // The kernel has no overlay of a single directory.
      if (stack.length === 0) return openDirectory(join(path(id), 'diff'));
      try {
        return detachedOverlay({ base: layout.links, lower: [within, ...layers.links(stack)] });
      } catch (error) {
        throw explainSystemError(error);
      }
    },
    upper: (id) => usingFd(openDirectory(join(path(id), 'diff')), (fd) => openDirectoryAt(fd, '.')),
    size: (id) => treeSize(join(path(id), 'diff')),
    remove: (id) => discard(path(id)),
    ...(driver.whole && wholeViewsOf(path)),
    restack(id, stack) {
      writeFileSync(join(path(id), 'layers.new'), JSON.stringify(stack));
      renameSync(join(path(id), 'layers.new'), join(path(id), 'layers.json'));
    },
    ids: () => readdirSync(layout.containers),
  };
}

/** The container's own tree has everything. */
function wholeViewsOf(path: (id: string) => string): Pick<Containers, 'mount' | 'view'> {
  return {
    mount(id) {
      const fd = mountTree(join(path(id), 'diff'), { readOnly: false });
      crashpoint('snapshot.container.mounted');
      return fd;
    },
    view: (id) => mountTree(join(path(id), 'diff'), { readOnly: true }),
  };
}

function overlayOf(stack: string[], at: { layers: Layers; links: string; within: string; volatile: boolean }): number {
  try {
    return detachedOverlay({
      base: at.links,
      lower: at.layers.links(stack),
      upper: { dir: `${at.within}/diff`, work: `${at.within}/work`, volatile: at.volatile },
    });
  } catch (error) {
    throw explainSystemError(error);
  }
}

async function fill(
  directory: string,
  keys: string[],
  at: { layout: Layout; layers: Layers; driver: Driver },
): Promise<void> {
  const diff = join(directory, 'diff');
  mkdirSync(directory);
  const below = at.driver.whole ? topTree(at.layout.layers, keys) : undefined;
  if (below === undefined) at.driver.make(diff);
  else await at.driver.clone(below, diff);
  mkdirSync(join(directory, 'work'), { mode: 0o700 });
  if (!at.driver.whole) likeRoot(diff, keys, at);
  writeFileSync(join(directory, 'layers.json'), JSON.stringify(keys));
  crashpoint('snapshot.container.made');
}

/** The root directory of the merged tree is the upper one's: it takes owner and mode from the topmost layer that lists it. */
function likeRoot(diff: string, keys: string[], { layout, layers }: { layout: Layout; layers: Layers }): void {
  const model = keys.findLast((key) => layers.record(key).listsRoot);
  if (model === undefined) {
    chmodSync(diff, 0o755);
    return;
  }
  const status = statSync(join(layout.layers, model, 'diff'));
  chownSync(diff, status.uid, status.gid);
  chmodSync(diff, status.mode & 0o7777);
}
