import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createImages } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { digestOf } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { createStore } from '../../src/store/index.ts';
import { createRandom } from '../support/random.ts';

const program = join(import.meta.dir, '../support/image-steps.ts');
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tug-image-kill-'));
  const layers = [makeTar([{ name: 'a', data: 'aaa' }]), makeTar([{ name: 'implied/b', data: 'bb' }])];
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
  const item = { Config: 'config', RepoTags: ['box:1'], Layers: ['0', '1'] };
  const parts = layers.map((data, index) => ({ name: String(index), data }));
  const manifest = { name: 'manifest.json', data: JSON.stringify([item]) };
  writeFileSync(join(dir, 'archive'), makeTar([...parts, { name: 'config', data: config }, manifest]));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(root: string, steps: string[], environment: Record<string, string>): number | null {
  const command = [process.execPath, program, join(dir, root), join(dir, 'archive'), ...steps];
  return Bun.spawnSync(command, { env: { ...process.env, ...environment }, stderr: 'inherit' }).exitCode;
}

/** Blobs are freed behind the scenes. */
async function untilEmpty(dir: string): Promise<void> {
  for (let tries = 0; readdirSync(dir).length > 0 && tries < 200; tries++) await Bun.sleep(10);
}

/** What the next start makes of it: each image that is there is whole, and nothing else is on disk. */
async function checkAfterwards(root: string): Promise<string[]> {
  const data = { root: join(dir, root), log: silent };
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

const pointNames = [
  'store.blob.written',
  'store.blob.renamed',
  'store.blob.deleted',
  'store.commit',
  'store.committed',
  'snapshot.layer.unpacked',
  'snapshot.layer.renamed',
  'snapshot.discarded',
  'snapshot.container.made',
  'snapshot.container.renamed',
  'image.load.spooled',
  'image.load.unpacked',
  'image.import.ingested',
  'image.commit.layer',
  'image.commit.ingested',
];

const scenarios: [prepare: string[], killed: string[], outcomes: string[][]][] = [
  [[], ['load'], [[], ['box:1']]],
  [[], ['import'], [[], ['box:2']]],
  [['load'], ['remove'], [['box:1'], []]],
  [['load'], ['create', 'delete'], [['box:1']]],
  [['load'], ['commit'], [['box:1'], ['box:3', 'box:1']]],
  [['load'], ['save', 'prune'], [['box:1'], []]],
];
for (const [prepare, killed, outcomes] of scenarios) {
  test(`killed at every step of ${killed.join(' and ')}, the next start repairs`, async () => {
    run('traced', prepare, {});
    const trace = join(dir, 'trace');
    writeFileSync(trace, '');
    expect(run('traced', killed, { TUG_CRASH_TRACE: trace })).toBe(0);
    const seen = new Map<string, number>();
    const points = readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map((name) => {
        seen.set(name, (seen.get(name) ?? 0) + 1);
        return `${name}#${seen.get(name)}`;
      });
    expect(points.length).toBeGreaterThan(3);
    const found = new Set<string>();
    for (const [index, point] of points.entries()) {
      const root = `root${index}`;
      run(root, prepare, {});
      expect(run(root, killed, { TUG_CRASH_AT: point })).not.toBe(0);
      const tags = await checkAfterwards(root);
      expect(outcomes).toContainEqual(tags);
      found.add(tags.join());
      rmSync(join(dir, root), { recursive: true });
    }
    expect(found.size).toBe(outcomes.length);
  }, 120_000);
}

/** So many in `make test`; `make kill-test` has time for more. */
const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 12);
const possible = ['load', 'import', 'commit', 'save', 'prune', 'remove', 'create', 'delete', 'collect'];

test('killed again and again amid any steps, the next start repairs', async () => {
  const seed = Number(process.env.TUG_KILL_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const root = 'seeded';
  let killed = 0;
  for (let round = 0; round < rounds; round++) {
    const steps = ['load', ...Array.from({ length: 1 + random.below(3) }, () => random.pick(possible))];
    const environment = { TUG_CRASH_AT: `${random.pick(pointNames)}#${1 + random.below(4)}`, TUG_STEPS_FAIL: '1' };
    if (run(root, steps, environment) !== 0) killed++;
    try {
      await checkAfterwards(root);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}: ${steps.join(', ')} killed at ${environment.TUG_CRASH_AT}`, {
        cause: error,
      });
    }
  }
  expect(killed).toBeGreaterThan(0);
  expect(run(root, ['load'], {})).toBe(0);
  expect(await checkAfterwards(root)).toContain('box:1');
}, 3_600_000);
