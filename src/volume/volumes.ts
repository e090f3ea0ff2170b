import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type TreeCopier } from '../host/index.ts';
import { createLocks, createTopic, EngineError, type Log, messageOf, newId } from '../kit/index.ts';
import type { Plugins } from '../plugin/index.ts';
import type { Store } from '../store/index.ts';
import type { Volumes } from './contract.ts';
import { createVolume } from './create.ts';
import { fill } from './fill/fill.ts';
import { needsMount } from './local/mounting.ts';
import { inspectVolume, listVolumes } from './look.ts';
import { createVolumeMounts, type VolumeMounts } from './mounts.ts';
import { createPluginDrivers } from './plugin/driver.ts';
import { volumeDamages } from './records/damages.ts';
import { createErase } from './records/erase.ts';
import { dataPath, findVolume, type Place, restoreVolumes } from './records/life.ts';
import { pruned } from './records/prune.ts';
import { localDriver } from './records/row.ts';
import { usage } from './records/usage.ts';
import { removeVolume } from './remove.ts';

/** Named volumes, in directories below `root` (`<root>/<name>/_data`) or with plugins. */
export function createVolumes(options: {
  root: string;
  store: Store;
  plugins: Plugins;
  copyTree: TreeCopier;
  log: Log;
  clock: () => Date;
}): Volumes {
  const { root, store, copyTree, log, clock } = options;
  const erase = createErase({ root, log });
  const place: Place = { root, store, erase };
  const locks = createLocks();
  const topic = createTopic<{ action: string; name: string; driver: string }>((error) =>
    log.error('a listener of volume events failed', { error: messageOf(error) }),
  );
  mkdirSync(root, { recursive: true, mode: 0o701 });
  const drivers = createPluginDrivers(options.plugins, log);
  const mounts = createVolumeMounts(place, { drivers, log });

  async function remove(name: string, force: boolean): Promise<void> {
    await locks.run(name, async () => {
      const driver = await removeVolume(place, drivers, name, { force, unmount: mounts.unmount });
      if (driver !== undefined) topic.publish({ action: 'destroy', name, driver });
    });
  }

  return {
    async create(request) {
      const name = request.name || newId();
      const { labels = null, options: asked = null } = request;
      // A name that was just drawn is nobody's.
      const driver = request.driver || (request.name ? '' : localDriver);
      return locks.run(name, async () => {
        const createdAt = `${clock().toISOString().slice(0, 19)}Z`;
        const given = { createdAt, labels, options: asked, anonymous: !request.name };
        const { volume, made } = await createVolume(place, drivers, { name, driver, given });
        if (made) topic.publish({ action: 'create', name, driver: volume.Driver });
        return volume;
      });
    },
    inspect: (name) => inspectVolume(place, drivers, name),
    list: (filters) => listVolumes(place, drivers, filters),
    knows: (name) => findVolume(place, name) !== undefined,
    usage: () => usage(place),
    remove: (name, { force }) => remove(name, force),
    mount: mounts.mount,
    resume: mounts.resume,
    release: mounts.release,
    releaseUnused: mounts.releaseUnused,
    prune: (filters) => prune(place, filters, (name) => remove(name, true)),
    path: (name) => dataPath(place, name),
    isAnonymous: (name) => findVolume(place, name)?.anonymous ?? false,
    fill: (name, image, part) => locks.run(name, () => fillVolume(place, { mounts, copyTree }, name, { image, part })),
    drivers: () => [localDriver, ...drivers.names()],
    restore: async () => restoreVolumes(place, mounts.unmount),
    settled: erase.settled,
    check: async function* () {
      yield* volumeDamages(place);
    },
    subscribe: topic.subscribe,
  };
}

async function fillVolume(
  place: Place,
  { mounts, copyTree }: { mounts: VolumeMounts; copyTree: TreeCopier },
  name: string,
  { image, part }: { image: Parameters<Volumes['fill']>[1]; part: Parameters<Volumes['fill']>[2] },
): Promise<void> {
  const row = findVolume(place, name);
  const data = part?.at ?? mounts.pathOf(name) ?? dataPath(place, name);
  const own = row?.driver === undefined && !needsMount(row?.options);
  if (!own && !(await answers(data))) {
    throw new EngineError('unavailable', `failed to populate volume: ${data} does not answer`);
  }
  if (part && !statSync(data).isDirectory()) return;
  const marker = part ? `filling.${createHash('sha256').update(part.name).digest('hex')}` : 'filling';
  return fill({ data, ...(own && { marker: join(place.root, name, marker) }) }, image, copyTree);
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
