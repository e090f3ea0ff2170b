// docker-py's tests of building, those that two real engines pass (test/peers/docker-py.build.pass).
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dockerPy, engineForDockerPy, passedByDocker, runDockerPy } from '../../support/docker-py.ts';
import type { Engine } from '../../support/engine.ts';

const wanted = passedByDocker('docker-py.build.pass');
const checkout = await dockerPy();
let engine: Engine;

beforeAll(async () => {
  if (checkout !== undefined) engine = await engineForDockerPy();
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
