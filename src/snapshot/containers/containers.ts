import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { treeSize } from '../../host/index.ts';
import { crashpoint, EngineError, explainSystemError } from '../../kit/index.ts';
import type { Driver } from '../driver/driver.ts';
import { topTree } from '../driver/whole-trees.ts';
import type { Layers } from '../layers/layers.ts';
import type { Discard } from '../places/discard.ts';
import { type Layout, scratchIn } from '../places/layout.ts';
import { idsFile, layersFile, overlayMounts, wholeMounts } from './container-mounts.ts';
import type { Containers } from './contract.ts';
import { hostId, type IdMapping, type Owners } from './owners.ts';

interface Places {
  layout: Layout;
  layers: Layers;
  discard: Discard;
  driver: Driver;
  owners: Owners;
}

export function createContainers(at: Places): Containers {
  const { layout, discard, driver } = at;
  const path = (id: string) => {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(id)) throw new EngineError('internal', `${id} cannot name a snapshot`);
    return join(layout.containers, id);
  };

  function keys(id: string): string[] {
    try {
      return JSON.parse(readFileSync(join(path(id), layersFile), 'utf8')) as string[];
    } catch (error) {
      throw new EngineError('internal', `the writable layer of ${id} is not there`, error);
    }
  }

  return {
    path,
    keys,
    async create(id, stack, ids) {
      if (existsSync(path(id))) throw new EngineError('internal', `the writable layer of ${id} is there already`);
      const directory = scratchIn(layout, layout.incoming);
      try {
        await fill(directory, stack, { ...at, ...(ids && { ids }) });
        renameSync(directory, path(id));
      } catch (error) {
        discard(directory);
        throw explainSystemError(error, path(id));
      }
      crashpoint('snapshot.container.renamed');
    },
    ...(driver.whole ? wholeMounts : overlayMounts)({ ...at, path, keys }),
    size: (id) => treeSize(join(path(id), 'diff')),
    remove: (id) => discard(path(id)),
    restack(id, stack) {
      writeFileSync(join(path(id), 'layers.new'), JSON.stringify(stack));
      renameSync(join(path(id), 'layers.new'), join(path(id), layersFile));
      crashpoint('snapshot.container.restacked');
    },
    ids: () => readdirSync(layout.containers),
  };
}

async function fill(directory: string, keys: string[], at: Places & { ids?: IdMapping }): Promise<void> {
  const diff = join(directory, 'diff');
  mkdirSync(directory);
  const below = at.driver.whole ? topTree(at.layout.layers, keys) : undefined;
  if (below === undefined) at.driver.make(diff);
  else await at.driver.clone(below, diff);
  mkdirSync(join(directory, 'work'), { mode: 0o700 });
  if (!at.driver.whole) likeRoot(diff, keys, at);
  if (at.ids) writeFileSync(join(directory, idsFile), JSON.stringify(at.ids));
  writeFileSync(join(directory, layersFile), JSON.stringify(keys));
  crashpoint('snapshot.container.made');
}

/** The root directory of the merged tree is the upper one's: it takes owner and mode from the topmost layer that lists it. */
function likeRoot(diff: string, keys: string[], { layout, layers, ids }: Places & { ids?: IdMapping }): void {
  const model = keys.findLast((key) => layers.record(key).listsRoot);
  const { uid, gid, mode } = model === undefined ? madeHere : statSync(join(layout.layers, model, 'diff'));
  chownSync(diff, ids ? (hostId(ids.uids, uid) ?? 0) : uid, ids ? (hostId(ids.gids, gid) ?? 0) : gid);
  chmodSync(diff, mode & 0o7777);
}

const madeHere = { uid: 0, gid: 0, mode: 0o755 };
