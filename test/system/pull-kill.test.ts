import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createImages } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { parseReference } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { type SmallRegistry, startSmallRegistry } from '../../src/registry/testing/small-registry.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { createStore } from '../../src/store/index.ts';
import { until } from '../support/command.ts';

const program = join(import.meta.dir, '../support/image-steps.ts');
let dir = '';
let small: SmallRegistry;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tug-pull-kill-'));
  small = startSmallRegistry();
  const tars = [makeTar([{ name: 'a', data: 'aaa' }]), makeTar([{ name: 'implied/b', data: 'b'.repeat(5000) }])];
  small.image(
    'box:1',
    tars.map((tar) => ({ tar, packed: gzipSync(tar), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' })),
  );
});
afterEach(async () => {
  await small.close();
  rmSync(dir, { recursive: true, force: true });
});

const name = () => `${small.host}/box:1`;

function spawn(root: string, steps: string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, TUG_STEPS_REMOTE: name(), ...environment };
  return Bun.spawn([process.execPath, program, join(dir, root), '', ...steps], { env, stderr: 'inherit' });
}

const run = (root: string, steps: string[], environment?: Record<string, string>) =>
  spawn(root, steps, environment).exited;

/** What the next engine makes of it: it is consistent, and the pull then works; the tags there were before that. */
async function checkAfterwards(root: string): Promise<string[]> {
  const data = join(dir, root);
  const store = createStore({ dir: data, log: silent });
  const snapshots = createSnapshots({ root: data, log: silent });
  const images = createImages({ store, snapshots, registry: createRegistry({ log: silent }), log: silent });
  await images.collect();
  await snapshots.settled();
  const list = await images.list({ all: true, filters: {}, sharedSize: false });
  const isThere = list.length > 0;
  expect(store.blobs.all()).toHaveLength(isThere ? 4 : 0);
  expect(readdirSync(join(data, 'overlay2/layers'))).toHaveLength(isThere ? 2 : 0);
  for await (const _ of images.pull({ reference: parseReference(name()), signal: new AbortController().signal }));
  await snapshots.create('check', images.resolve(name()).layers);
  await snapshots.remove('check');
  expect(store.blobs.all()).toHaveLength(4);
  expect(readdirSync(join(data, 'blobs/partial'))).toEqual([]);
  await snapshots.settled();
  store.close();
  return list.flatMap((image) => image.RepoTags).toSorted();
}

const scenarios: [prepare: string[], killed: string, outcomes: string[]][] = [
  [[], 'pull', ['', '1']],
  [['pull'], 'push', ['1', '1 2']],
];
for (const [prepare, killed, outcomes] of scenarios) {
  test(`killed at every step of ${killed}, the next engine goes on`, async () => {
    const trace = join(dir, 'trace');
    await run('traced', prepare);
    writeFileSync(trace, '');
    expect(await run('traced', [killed], { TUG_CRASH_TRACE: trace })).toBe(0);
    const counts = new Map<string, number>();
    const points = readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map((point) => {
        counts.set(point, (counts.get(point) ?? 0) + 1);
        return `${point}#${counts.get(point)}`;
      });
    expect(points.length).toBeGreaterThan(2);
    const found = new Set<string>();
    for (const [index, point] of points.entries()) {
      const root = `root${index}`;
      await run(root, prepare);
      expect(await run(root, [killed], { TUG_CRASH_AT: point })).not.toBe(0);
      const tags = await checkAfterwards(root);
      found.add(tags.map((tag) => tag.split(':').at(-1)).join(' '));
      rmSync(join(dir, root), { recursive: true });
    }
    expect([...found].toSorted()).toEqual(outcomes);
  }, 600_000);
}

test('what had come before the engine was killed is not asked for again', async () => {
  const tar = makeTar([{ name: 'big', data: 'x'.repeat(300_000) }]);
  small.image('box:1', [{ tar }]);
  const half = 200_000;
  small.fault = (request, { pathname }) => {
    const isLayer = [...small.blobs].some(
      ([digest, bytes]) => pathname.endsWith(digest) && bytes.length === tar.length,
    );
    if (!isLayer || request.headers.has('range')) return undefined;
    // It sends half, and then nothing more.
    const headers = { 'Content-Length': String(tar.length) };
    return new Response(new ReadableStream({ start: (to) => to.enqueue(tar.subarray(0, half)) }), { headers });
  };
  const engine = spawn('half', ['pull']);
  const partials = join(dir, 'half/blobs/partial');
  const come = () => readdirSync(partials).map((file) => readFileSync(join(partials, file)).length);
  await until('half of it has come', async () => {
    try {
      return come().includes(half);
    } catch {
      return false; // not opened yet
    }
  });
  engine.kill('SIGKILL');
  await engine.exited;
  small.asked.length = 0;
  await checkHalf();
  expect(small.asked.filter((line) => line.includes(' bytes='))).toHaveLength(1);
  expect(small.asked.find((line) => line.includes(' bytes='))).toEndWith(`bytes=${half}-`);
}, 30_000);

async function checkHalf(): Promise<void> {
  expect(await run('half', ['collect', 'pull'])).toBe(0);
  expect(readdirSync(join(dir, 'half/overlay2/layers'))).toHaveLength(1);
}
