// The engine dies in the middle of builds, at places drawn by a seed; the next one finds nothing left, and builds the same.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createRandom } from '../support/random.ts';

const seed = Number(process.env.TUG_SEED ?? 1);
const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 8);
setDefaultTimeout(120_000 + rounds * 30_000);

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

const filesOf = (mark: string): Record<string, string> => ({
  Dockerfile: [
    'FROM busybox AS made',
    `RUN --mount=type=cache,target=/k --mount=type=bind,target=/c echo ${mark} > /made; cp /c/a /k/; cp /k/a /a`,
    'FROM busybox',
    'WORKDIR /w',
    'COPY --from=made /made /a ./',
    `RUN mkdir d; echo ${mark} > d/e; rm /etc/group`,
    'COPY . /all',
  ].join('\n'),
  a: mark,
});

async function build(mark: string) {
  using context = buildContext(filesOf(mark));
  return await engine.tug(['build', '-t', 'killed', context.directory]);
}

/** What a build made, as its image has it. */
async function outcome(): Promise<string> {
  const script = 'cat /w/made /w/a /w/d/e /all/a; ls /etc/group 2>/dev/null; true';
  return (await engine.tug(['run', '--rm', '--network=none', 'killed', 'sh', '-c', script])).stdout;
}

/** What no engine knows of any more: files, writable layers, starts, monitors, mounts. */
function leftovers(): string[] {
  const places = [
    'build/run',
    'build/mounts',
    'build/contexts',
    'blobs/tmp',
    'overlay2/containers',
    'overlay2/incoming',
    'overlay2/doomed',
  ];
  const lying = [...places.map((place) => `data/${place}`), 'exec/containers'].flatMap((place) => {
    const path = join(engine.directory, place);
    return existsSync(path) ? readdirSync(path).map((name) => `${place}/${name}`) : [];
  });
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [...lying, ...mounts.filter((line) => line.includes(engine.directory)), ...monitors()];
}

/** Processes that hold the directory of a start; the number of the fd is in native/shim.h. */
function monitors(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/fd/6`).startsWith(`${engine.directory}/exec/`);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

/** Layers of images and of builds. */
const layers = () =>
  readdirSync(join(engine.directory, 'data/overlay2/layers')).filter((name) => !name.endsWith('-init'));

/** All places that a build comes by, each as often as it does, in an order that the seed gives. */
async function crashPlaces(): Promise<string[]> {
  const trace = join(engine.directory, 'trace');
  await engine.stop();
  await engine.start({ TUG_CRASH_TRACE: trace });
  expect((await build('traced')).code).toBe(0);
  await engine.stop();
  const seen = new Map<string, number>();
  const points = readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .map((name) => {
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return `${name}#${seen.get(name)}`;
    })
    .filter((point) => /^(build|snapshot|image|network|runtime|store)\./.test(point));
  rmSync(trace);
  expect(points.length).toBeGreaterThan(60);
  const random = createRandom(seed);
  return points
    .map((point) => ({ point, at: random.below(1 << 30) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ point }) => point);
}

test(`killed in the middle of builds (seed ${seed})`, async () => {
  const points = await crashPlaces();
  for (let round = 0; round < rounds; round++) {
    const point = points[round % points.length] ?? '';
    // An engine that has something to repair may come by the place on its own way up.
    const isUp = await engine.start({ TUG_CRASH_AT: point }).then(
      () => true,
      () => false,
    );
    const mark = `mark-${seed}-${round}`;
    if (isUp) await build(mark);
    // A place that this life of the engine does not come by kills nobody.
    const died = await engine.request('GET', '/_ping').then(
      () => false,
      () => true,
    );
    if (!died) await engine.stop();
    await engine.start();
    await until(`${point}: nothing is left of it: ${leftovers().join(' ')}`, () => leftovers().length === 0);
    const again = await build(mark);
    expect([point, again.code, again.code === 0 ? '' : again.stderr]).toEqual([point, 0, '']);
    expect([point, await outcome()]).toEqual([point, `${mark}\n${mark}${mark}\n${mark}`]);
    const checked = await engine.tug(['system', 'fsck']);
    expect([point, checked.code, checked.code === 0 ? '' : checked.stdout]).toEqual([point, 0, '']);
    await engine.stop();
  }
  await engine.start();
  for (const what of ['image', 'builder']) expect((await engine.tug([what, 'prune', '-af'])).code).toBe(0);
  await until('the layers of all builds are gone', () => layers().length === 0);
  expect(readdirSync(join(engine.directory, 'data/build/cache'))).toEqual([]);
});
