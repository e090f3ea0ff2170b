// kill -9 at every step of what brings images in and out, and at any moment between: the next engine is consistent, and then does it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { type SmallRegistry, startSmallRegistry } from '../../src/registry/testing/small-registry.ts';
import { must } from '../support/command.ts';
import { imagesThere } from '../support/images-there.ts';
import { createRandom, type Random } from '../support/random.ts';

const program = join(import.meta.dir, '../support/image-steps.ts');
/** So many in `make test`; `make kill-test` has time for more. */
const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 10);
const seed = Number(process.env.TUG_KILL_SEED ?? Date.now() % 1_000_000);

let dir = '';
let registry: SmallRegistry;

/** A layer that lists all it has, one that leaves a directory to those below, and one that is not small. */
const tars = [
  makeTar([
    { name: 'dir/', type: '5', mode: 0o750 },
    { name: 'dir/a', data: 'aaa' },
  ]),
  makeTar([{ name: 'dir/b', data: 'bb' }]),
  makeTar([{ name: 'large', data: createRandom(1).bytes(600_000) }]),
];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tug-kill-seeded-'));
  registry = startSmallRegistry();
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  registry.image(
    'box:1',
    tars.map((tar) => ({ tar, packed: gzipSync(tar), mediaType })),
  );
  const rootfs = { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
  const item = { Config: 'config', RepoTags: ['box:1'], Layers: tars.map((_, index) => String(index)) };
  const parts = tars.map((data, index) => ({ name: String(index), data }));
  const manifest = { name: 'manifest.json', data: JSON.stringify([item]) };
  writeFileSync(join(dir, 'archive'), makeTar([...parts, { name: 'config', data: config }, manifest]));
  for (const [what, { first }] of Object.entries(works)) await run(`before-${what}`, first);
}, 60_000);
afterAll(async () => {
  await registry.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What is killed, what was done before, and the images there are when it was not done, and when it was. */
interface Work {
  first: string[];
  steps: string[];
  without: string[];
  with: string[];
  /** Of several images one may be done, and the other not. */
  between?: string[][];
}

const works: Record<string, Work> = {
  pull: { first: [], steps: ['pull'], without: [], with: ['1'] },
  push: { first: ['pull'], steps: ['push'], without: ['1'], with: ['1', '2'] },
  load: { first: [], steps: ['load'], without: [], with: ['1'] },
  commit: { first: ['load', 'create'], steps: ['commit'], without: ['1'], with: ['1', '3'] },
  rmi: { first: ['load'], steps: ['remove'], without: ['1'], with: [] },
  prune: { first: ['load', 'commit'], steps: ['prune'], without: ['1', '3'], with: [], between: [['1'], ['3']] },
};

/** Milliseconds until it is killed from outside; it may end before. */
async function run(
  root: string,
  steps: string[],
  { after, ...environment }: Record<string, string> & { after?: string } = {},
): Promise<boolean> {
  const env = { ...process.env, TUG_STEPS_REMOTE: `${registry.host}/box:1`, ...environment };
  const command = [process.execPath, program, join(dir, root), join(dir, 'archive'), ...steps];
  const child = Bun.spawn(command, { env, stdout: 'ignore', stderr: 'inherit' });
  const timer = after === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), Number(after));
  const code = await child.exited;
  clearTimeout(timer);
  return code === 0;
}

/** The points that a work passes, each with how often it was passed before, and how long it takes. */
async function traced(what: string, { steps }: Work): Promise<{ points: string[]; took: number }> {
  const root = await copyOf(what);
  const trace = join(dir, 'trace');
  writeFileSync(trace, '');
  const start = performance.now();
  expect(await run(root, steps, { TUG_CRASH_TRACE: trace })).toBe(true);
  const took = performance.now() - start;
  const counts = new Map<string, number>();
  const points = readFileSync(trace, 'utf8').trim().split('\n');
  rmSync(join(dir, root), { recursive: true });
  return {
    took,
    points: points.map((point) => {
      counts.set(point, (counts.get(point) ?? 0) + 1);
      return `${point}#${counts.get(point)}`;
    }),
  };
}

let serial = 0;
async function copyOf(what: string): Promise<string> {
  const root = `root${serial++}`;
  await must(['cp', '-a', join(dir, `before-${what}`), join(dir, root)]);
  return root;
}

interface Kill {
  what: string;
  work: Work;
  environment: { TUG_CRASH_AT: string } | { after: string };
}

/** Every point of every work in a random order, then moments between them; `count` of them. */
async function kills(random: Random, count: number): Promise<Kill[]> {
  const all = Object.entries(works);
  const traces = new Map<string, Awaited<ReturnType<typeof traced>>>();
  for (const [what, work] of all) traces.set(what, await traced(what, work));
  const points = all.flatMap(([what, work]): Kill[] =>
    (traces.get(what)?.points ?? []).map((point) => ({ what, work, environment: { TUG_CRASH_AT: point } })),
  );
  console.log(`${points.length} points of ${all.length} works, ${count} kills`);
  for (let at = points.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [points[at], points[other]] = [points[other] as Kill, points[at] as Kill];
  }
  while (points.length < count) {
    const [what, work] = random.pick(all);
    const took = traces.get(what)?.took ?? 0;
    points.push({ what, work, environment: { after: String(random.below(Math.ceil(took * 1.1))) } });
  }
  return points.slice(0, count);
}

const tagsOf = (names: string[]) => names.map((name) => name.split(':').at(-1) ?? '').toSorted();

async function killAndGoOn({ what, work, environment }: Kill): Promise<boolean> {
  const root = await copyOf(what);
  const path = join(dir, root);
  const isDone = await run(root, work.steps, environment);
  const found = tagsOf(await imagesThere(path));
  expect([work.without, work.with, ...(work.between ?? [])]).toContainEqual(found);
  // Where it was done, it is done again as far as it can be; from what was half done it goes on.
  expect(await run(root, work.steps, { TUG_STEPS_FAIL: '1' })).toBe(true);
  expect(tagsOf(await imagesThere(path))).toEqual(work.with);
  rmSync(path, { recursive: true });
  return !isDone;
}

test('killed at every step and between, the next engine is consistent and does it', async () => {
  let killed = 0;
  for (const [round, kill] of (await kills(createRandom(seed), rounds)).entries()) {
    try {
      if (await killAndGoOn(kill)) killed++;
    } catch (error) {
      const at = JSON.stringify(kill.environment);
      throw new Error(`seed ${seed}, round ${round}: ${kill.what} killed at ${at}`, { cause: error });
    }
  }
  expect(killed).toBeGreaterThan(rounds / 3);
}, 3_600_000);
