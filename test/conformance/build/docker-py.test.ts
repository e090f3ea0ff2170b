// docker-py's tests of building, those that two real engines pass (test/peers/docker-py.build.pass).
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../support/command.ts';
import { dockerPy, runDockerPy } from '../../support/docker-py.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { busyboxTar } from '../../support/image.ts';

const wanted = readFileSync(join(import.meta.dirname, '../../peers/docker-py.build.pass'), 'utf8')
  .trim()
  .split('\n');
const checkout = await dockerPy();
let engine: Engine;

beforeAll(async () => {
  if (checkout === undefined) return;
  engine = await startEngine({ args: ['--experimental'] });
  const tar = await busyboxTar();
  for (const name of ['alpine:3.10', 'alpine:latest', 'busybox:latest']) {
    await must(['docker', '-H', engine.host, 'import', '--change', 'CMD ["sh"]', tar, name]);
  }
  rmSync(tar);
}, 60_000);

afterAll(async () => {
  if (checkout !== undefined) expect(await engine.dispose()).toEqual([]);
}, 60_000);

test.skipIf(checkout === undefined)(
  `docker-py: ${wanted.length} of its tests of building`,
  async () => {
    let missing = wanted;
    // Some read a container's log the moment it was started: what fails is asked again.
    for (let round = 0; round < 4 && missing.length > 0; round++) {
      const passed = await runDockerPy(checkout as string, engine.host, missing);
      missing = missing.filter((name) => !passed.has(name));
    }
    expect(missing).toEqual([]);
  },
  300_000,
);
