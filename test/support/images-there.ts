import { expect } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createImages } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { createStore } from '../../src/store/index.ts';
import { until } from './command.ts';

/** Waits for a directory to be empty: blobs and layers are freed behind the scenes. */
export const untilEmpty = (path: string) => until(`${path} is empty`, () => readdirSync(path).length === 0, 2000);

/**
 * What the next start makes of a data root: each image that is there is whole, nothing else is on disk, and a check finds no damage. The
 * names of the images.
 */
export async function imagesThere(root: string): Promise<string[]> {
  const data = { root, log: silent };
  const store = createStore({ dir: data.root, log: silent });
  const snapshots = createSnapshots(data);
  const images = createImages({ store, snapshots, registry: createRegistry({ log: silent }), log: silent });
  await snapshots.sweep({ container: (id) => id === 'c' });
  await images.collect();
  await snapshots.settled();
  await untilEmpty(join(data.root, 'blobs/tmp'));
  const list = await images.list({ all: true, filters: {}, sharedSize: false });
  const needed = new Set<string>();
  const stacks = new Set<string>();
  for (const image of list) {
    const { id, layers } = images.resolve(image.Id);
    await snapshots.create(`check-${id.slice(7, 19)}`, layers);
    await snapshots.remove(`check-${id.slice(7, 19)}`);
    for (const { target } of store.view(({ refs }) => refs.targetsOf(`image:${id}`))) needed.add(target);
    for (let index = 1; index <= layers.length; index++) stacks.add(layers.slice(0, index).join());
  }
  await snapshots.settled();
  expect(
    store.blobs
      .all()
      .map((digest) => `blob:${digest}`)
      .toSorted(),
  ).toEqual([...needed].filter((t) => t.startsWith('blob:')).toSorted());
  const hasContainer = readdirSync(join(data.root, 'overlay2/containers')).length > 0;
  // Those of the engine's mount points stay as long as the image they lie on.
  const own = (name: string) => name.endsWith('-init');
  const unpacked = readdirSync(join(data.root, 'overlay2/layers')).filter((name) => !own(name));
  if (!hasContainer) expect(unpacked).toHaveLength(stacks.size);
  const layers = readdirSync(join(data.root, 'overlay2/layers')).length;
  expect(readdirSync(join(data.root, 'overlay2/l'))).toHaveLength(layers);
  for (const left of ['overlay2/incoming', 'overlay2/doomed', 'blobs/tmp'])
    expect(readdirSync(join(data.root, left))).toEqual([]);
  for (const check of [store.check, snapshots.check, images.check]) {
    for await (const damage of check({ full: true })) throw new Error(`${damage.subject} ${damage.problem}`);
  }
  store.close();
  return list.flatMap((image) => image.RepoTags);
}
