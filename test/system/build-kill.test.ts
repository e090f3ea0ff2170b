// The engine dies in the middle of builds, at places drawn by a seed; the next one finds nothing left, and builds the same.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { type Engine, startEngine } from '../support/engine.ts';

setDefaultTimeout(300_000);

const seed = Number(process.env.TUG_SEED ?? 1);
const rounds = Number(process.env.TUG_ROUNDS ?? 8);
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
  return await engine.tug(['build', '--network=none', '-t', 'killed', context.directory]);
}

/** What a build made, as its image has it. */
async function outcome(): Promise<string> {
  const script = 'cat /w/made /w/a /w/d/e /all/a; ls /etc/group 2>/dev/null; true';
  return (await engine.tug(['run', '--rm', '--network=none', 'killed', 'sh', '-c', script])).stdout;
}

function leftovers(): string[] {
  const directory = join(engine.directory, 'data/build');
  return ['run', 'mounts', 'contexts'].flatMap((name) => {
    const path = join(directory, name);
    return existsSync(path) ? readdirSync(path).map((file) => `${name}/${file}`) : [];
  });
}

test(`killed in the middle of builds (seed ${seed})`, async () => {
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
    .filter((point) => /^(build|snapshot|image|network|runtime)\./.test(point));
  rmSync(trace);
  expect(points.length).toBeGreaterThan(20);
  for (let round = 0; round < rounds; round++) {
    const point = points[(seed * 7919 + round * 104_729) % points.length] ?? '';
    // An engine that has something to repair may come by the place on its own way up.
    const isUp = await engine.start({ TUG_CRASH_AT: point }).then(
      () => true,
      () => false,
    );
    if (isUp) await build(`mark-${seed}-${round}`);
    // A place that this life of the engine does not come by kills nobody.
    const died = await engine.request('GET', '/_ping').then(
      () => false,
      () => true,
    );
    if (!died) await engine.stop();
    await engine.start();
    expect([point, leftovers()]).toEqual([point, []]);
    const again = await build(`mark-${seed}-${round}`);
    expect([point, again.code, again.code === 0 ? '' : again.stderr]).toEqual([point, 0, '']);
    const mark = `mark-${seed}-${round}`;
    expect([point, await outcome()]).toEqual([point, `${mark}\n${mark}${mark}\n${mark}`]);
    const checked = await engine.tug(['system', 'fsck']);
    expect([point, checked.code, checked.code === 0 ? '' : checked.stdout]).toEqual([point, 0, '']);
    await engine.stop();
  }
  await engine.start();
});
