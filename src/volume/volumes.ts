import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VolumeListResponse } from '../api/index.ts';
import { createLocks, createTopic, EngineError, type Log, messageOf, newId } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import { checkVolume } from './check.ts';
import type { Volumes } from './contract.ts';
import { volumeDamages } from './damages.ts';
import { fill } from './fill.ts';
import { volumeFilter } from './filters.ts';
import {
  condemnVolume,
  dataPath,
  eraseVolume,
  findVolume,
  makeVolume,
  type Place,
  requireVolume,
  restoreVolumes,
} from './life.ts';
import { createVolumeMounts } from './mounts.ts';
import { pruned } from './prune.ts';
import { describe, driver, volumeRows } from './row.ts';
import { usage } from './usage.ts';

/** Named volumes in directories below `root`: `<root>/<name>/_data`. */
export function createVolumes(options: { root: string; store: Store; log: Log; clock: () => Date }): Volumes {
  const { root, store, log, clock } = options;
  const place: Place = { root, store };
  const locks = createLocks();
  const topic = createTopic<{ action: string; name: string; driver: string }>((error) =>
    log.error('a listener of volume events failed', { error: messageOf(error) }),
  );
  mkdirSync(root, { recursive: true, mode: 0o701 });
  const publish = (action: string, name: string): void => topic.publish({ action, name, driver });
  const mounts = createVolumeMounts(place);

  async function remove(name: string, force: boolean): Promise<void> {
    await locks.run(name, async () => {
      if (force && !findVolume(place, name)) return;
      requireVolume(place, name);
      condemnVolume(place, name);
      mounts.unmount(name);
      await eraseVolume(place, name);
      publish('destroy', name);
    });
  }

  return {
    async create(request) {
      const name = request.name || newId();
      return locks.run(name, async () => {
        let row = findVolume(place, name);
        checkVolume(name, request.driver ?? '', row ? {} : (request.options ?? {}));
        if (!row) {
          const createdAt = `${clock().toISOString().slice(0, 19)}Z`;
          const { labels = null, options = null } = request;
          row = makeVolume(place, name, { createdAt, labels, options, anonymous: !request.name });
          publish('create', name);
        }
        return describe(name, row, dataPath(place, name));
      });
    },
    inspect: (name) => describe(name, requireVolume(place, name), dataPath(place, name)),
    list: (filters) => list(place, filters),
    usage: () => usage(place),
    remove: (name, { force }) => remove(name, force),
    mount: mounts.mount,
    release: mounts.release,
    releaseUnused: mounts.releaseUnused,
    prune: (filters) => prune(place, filters, (name) => remove(name, true)),
    path: (name) => dataPath(place, name),
    isAnonymous: (name) => findVolume(place, name)?.anonymous ?? false,
    fill: (name, image) =>
      locks.run(name, () => {
        const mounted = findVolume(place, name)?.options?.device !== undefined;
        const data = dataPath(place, name);
        return fill({ data, ...(!mounted && { marker: join(root, name, 'filling') }) }, image);
      }),
    restore: () => restoreVolumes(place, mounts.unmount),
    check: async function* () {
      yield* volumeDamages(place);
    },
    subscribe: topic.subscribe,
  };
}

async function prune(
  place: Place,
  filters: Record<string, string[]>,
  remove: (name: string) => Promise<void>,
): ReturnType<Volumes['prune']> {
  const VolumesDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const { name, size } of await pruned(place, filters)) {
    try {
      await remove(name);
    } catch (error) {
      // Somebody has begun to use it.
      if (error instanceof EngineError && error.kind === 'conflict') continue;
      throw error;
    }
    VolumesDeleted.push(name);
    SpaceReclaimed += size;
  }
  return { VolumesDeleted, SpaceReclaimed };
}

function list(place: Place, filters: Record<string, string[]>): VolumeListResponse {
  const wanted = volumeFilter(filters);
  const found = place.store.view((tx) => {
    const rows = tx.collection(volumeRows).all();
    const inUse = (name: string): boolean => tx.refs.ownersOf(`volume:${name}`).length > 0;
    return rows.filter(({ id, document }) => !document.removing && wanted(id, document, () => inUse(id)));
  });
  const Volumes = found
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, document }) => describe(id, document, dataPath(place, id)));
  // Docker sends null where there are none, which its types leave out.
  return { Volumes, Warnings: null as unknown as string[] };
}
