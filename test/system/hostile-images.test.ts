// Image archives that want to harm whoever loads them. Each is shown to harm a loader that believes it.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createImages } from '../../src/image/index.ts';
import { asEngineError, silent } from '../../src/kit/index.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { createStore, type Store } from '../../src/store/index.ts';
import { dockerArchive, hostileImages, ociArchive } from '../support/hostile/images.ts';
import { listed } from '../support/hostile/naive.ts';
import { loadNaively } from '../support/hostile/naive-load.ts';
import { untilEmpty } from '../support/images-there.ts';
import { createRandom } from '../support/random.ts';

let base = '';
let root = '';
let store: Store;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tug-hostile-'));
  root = join(base, 'root');
  for (const path of [root, join(base, 'outside')]) mkdirSync(path);
  writeFileSync(join(base, 'outside/secret'), 'of the host');
  store = createStore({ dir: root, log: silent });
});
afterEach(() => {
  store.close();
  rmSync(base, { recursive: true, force: true });
});

async function* streamed(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function rooms() {
  const snapshots = createSnapshots({ root, log: silent });
  return {
    snapshots,
    images: createImages({ store, snapshots, registry: createRegistry({ log: silent }), log: silent }),
  };
}

async function load({ images }: ReturnType<typeof rooms>, archive: Uint8Array): Promise<void> {
  for await (const _ of images.load(streamed(archive), { quiet: true }));
}

for (const [what, { archive, words, attack }] of Object.entries(hostileImages)) {
  test(`refused without a trace: ${what}`, async () => {
    const before = listed(base, root);
    const bytes = archive(join(base, 'outside'));
    const at = rooms();
    const memory = process.memoryUsage.rss();
    await expect(load(at, bytes)).rejects.toThrow(words);
    Bun.gc(true);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(150 << 20);
    await at.snapshots.settled();
    expect(listed(base, root)).toBe(before);
    expect(store.blobs.all()).toEqual([]);
    for (const left of ['layers', 'incoming', 'doomed', 'l']) await untilEmpty(join(root, 'overlay2', left));
    await untilEmpty(join(root, 'blobs/tmp'));
    const naive = join(base, 'naive');
    mkdirSync(naive);
    expect(loadNaively(base, naive, bytes)).toBe(attack);
  }, 60_000);
}

test('what the corpus is made of is sound where nothing is changed', async () => {
  for (const archive of [dockerArchive({}), ociArchive(), ociArchive({ nested: 2 })]) {
    await load(rooms(), archive);
    expect(store.blobs.all().length).toBeGreaterThan(1);
  }
});

test('no mutation of an archive does worse than an error', async () => {
  const seed = Number(process.env.TUG_FUZZ_SEED ?? Date.now() % 1_000_000);
  const rounds = Number(process.env.TUG_FUZZ_ROUNDS ?? 150);
  const random = createRandom(seed);
  const before = listed(base, root);
  const at = rooms();
  const sources = [dockerArchive({}), ociArchive(), ociArchive({ nested: 2 })];
  for (let round = 0; round < rounds; round++) {
    const bytes = mutated(random.pick(sources), random);
    try {
      await load(at, bytes);
    } catch (error) {
      const { kind } = asEngineError(error);
      if (kind !== 'invalid' && kind !== 'unsupported')
        throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
  }
  await at.snapshots.settled();
  expect(listed(base, root)).toBe(before);
  for (const left of ['incoming', 'doomed']) await untilEmpty(join(root, 'overlay2', left));
}, 3_600_000);

/** Values of its documents are put in each other's places, or digits and brackets changed; the tar around them stays whole. */
function mutated(source: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  const bytes = Buffer.from(source);
  const text = bytes.toString('latin1');
  const spots = [...text.matchAll(/[[\]{}",:]|\d|null|sha256|layers|linux/g)].map(({ index }) => index);
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = spots[random.below(spots.length)] ?? 0;
    bytes.write(
      random.pick(['[', ']', '{', '}', '"', '0', '9', '-', ' ', '\0', 'é', 'null', '[]', '{}', '""']),
      at,
      'latin1',
    );
  }
  return bytes;
}
