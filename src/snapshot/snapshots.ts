import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { detachMount, type IdMaps, usingFd } from '../host/index.ts';
import { EngineError, type Log } from '../kit/index.ts';
import { createDifferences } from './changes/differences.ts';
import { createChecks } from './check/checks.ts';
import { createContainers } from './containers/containers.ts';
import type { Containers } from './containers/contract.ts';
import { createOwners } from './containers/owners.ts';
import type { Snapshots } from './contract.ts';
import { createDrafts } from './drafts.ts';
import { chooseDriver } from './driver/choose.ts';
import type { Driver } from './driver/driver.ts';
import { sizeOfChanges } from './driver/whole-trees.ts';
import { createFrozen, type Frozen } from './frozen/frozen.ts';
import { createApplyLayer } from './layers/apply-layer.ts';
import { createInitLayers } from './layers/init-layer.ts';
import { createLayers, type Layers } from './layers/layers.ts';
import { createUnwanted, type Unwanted } from './layers/unwanted.ts';
import { createDiscard } from './places/discard.ts';
import { createLayout, type Layout } from './places/layout.ts';

export interface SnapshotOptions {
  root: string;
  log: Log;
  driver?: string;
  /** An fd of a user namespace with those maps, which stays the giver's; without it no container has ids of its own. */
  userNamespace?: (maps: IdMaps) => number;
}

/** Snapshots under `root` (the data root; made if missing), on the driver of that name, which is overlay2 unless told. */
export function createSnapshots(options: SnapshotOptions): Snapshots {
  const { log } = options;
  mkdirSync(options.root, { recursive: true });
  const driver = chooseDriver(options.driver, options.root);
  const layout = createLayout(options.root, driver.name);
  const discard = createDiscard(layout, { log, driver });
  for (const left of readdirSync(layout.attached)) detachMount(join(layout.attached, left));
  for (const left of readdirSync(layout.incoming)) discard(join(layout.incoming, left));
  const layers = createLayers({ layout, discard, log, driver });
  const owners = createOwners(options.userNamespace);
  const containers = createContainers({ layout, layers, discard, driver, owners });
  const { applyLayer, unpackAside } = createApplyLayer({ layout, layers, discard, driver });
  const initLayer = createInitLayers({ layout, layers, discard, driver });
  const { add, want, drop } = createUnwanted(layers, containers);
  const differences = createDifferences({ layout, layers, containers, owners, driver });

  const size = async (id: string): Promise<number> => {
    if (!driver.whole) return containers.size(id);
    const changed = await differences.changes(id);
    return usingFd(containers.upper(id), (fd) => sizeOfChanges(fd, changed));
  };
  const frozen = createFrozen({ layout, containers, discard, driver, size });

  return {
    driver: driver.name,
    hasLayer: (diffId, parents) => layers.find([...parents, diffId]).at(-1) !== undefined,
    applyLayer(layer) {
      want(layers.keys().filter((key) => layers.record(key).diffId === layer.diffId));
      return applyLayer(layer);
    },
    async removeLayer(diffId) {
      for (const key of keysOf(layers, diffId)) add(key);
      drop();
    },
    layerSize(diffId, parents) {
      // Those below may still be on their way.
      const key = layers.find([...parents, diffId]).at(-1);
      if (key === undefined) throw new EngineError('internal', `layer ${diffId} is not unpacked`);
      return layers.record(key).size;
    },
    create: createdOn({ driver, layers, containers, initLayer, want }),
    ...createDrafts({ layout, layers, containers, discard, driver }),
    mount: containers.mount,
    ...(driver.whole ? { describe: () => ({}), describeLayers: () => ({}) } : descriptions(layout, layers, containers)),
    ...differences,
    size,
    frozen,
    async remove(id) {
      containers.remove(id);
      frozen.dropAll(id);
      drop();
    },
    sweep: createSweep({ layers, containers, frozen, add, drop }),
    ...createChecks({ layout, layers, containers, frozen, discard, unpackAside, initLayer }),
    settled: discard.settled,
  };
}

/** See Snapshots.sweep. */
function createSweep({ layers, containers, frozen, add, drop }: Swept): Snapshots['sweep'] {
  return async (known) => {
    for (const id of containers.ids()) if (known.container?.(id) === false) containers.remove(id);
    for (const id of frozen.ids()) {
      if (known.container?.(id) === false) frozen.dropAll(id);
      else for (const name of frozen.names(id)) if (known.frozen?.(id, name) === false) frozen.drop(id, name);
    }
    for (const key of layers.keys()) {
      // A kill may come between a draft's naming and whoever has it still under its first name.
      const { diffId, draft = diffId } = layers.record(key);
      if (known.layer?.(diffId) === false && known.layer(draft) === false) add(key);
    }
    drop();
  };
}

interface Swept extends Pick<Unwanted, 'add' | 'drop'> {
  layers: Layers;
  containers: Containers;
  frozen: Frozen;
}

interface CreatedOn {
  driver: Driver;
  layers: Layers;
  containers: Containers;
  initLayer: ReturnType<typeof createInitLayers>;
  want: Unwanted['want'];
}

/** See Snapshots.create. */
function createdOn({ driver, layers, containers, initLayer, want }: CreatedOn): Snapshots['create'] {
  return async (id, stack, { places, ids } = {}) => {
    const keys = want(layers.need(stack));
    if (places === 'none' || (places === 'below' && driver.whole)) return containers.create(id, keys, ids);
    const isBelow = places === 'below';
    const own = want([isBelow ? await initLayer([], []) : await initLayer(stack, keys)]);
    await containers.create(id, isBelow ? [...own, ...keys] : [...keys, ...own], ids);
  };
}

/** The layers of that digest, and the engine's own on them. */
function keysOf(layers: Layers, diffId: string): string[] {
  const own = layers.keys().filter((key) => [layers.record(key).diffId, layers.record(key).draft].includes(diffId));
  return [...own, ...layers.keys().filter((key) => own.includes(layers.record(key).on ?? ''))];
}

function descriptions(layout: Layout, layers: Layers, containers: Containers) {
  return {
    describe: (id: string) => described(layout, containers.keys(id), containers.path(id)),
    describeLayers(stack: string[]) {
      const keys = layers.need(stack);
      const top = keys.pop();
      return described(layout, keys, join(layout.layers, top ?? ''));
    },
  };
}

function described(layout: Layout, keys: string[], own: string): Record<string, string> {
  const lower = keys.toReversed().map((key) => join(layout.layers, key, 'diff'));
  return {
    ...(lower.length > 0 ? { LowerDir: lower.join(':') } : {}),
    MergedDir: join(own, 'merged'),
    UpperDir: join(own, 'diff'),
    WorkDir: join(own, 'work'),
  };
}
