// The integration tests of docker-py 7.1.0, those that two real engines pass (test/peers/docker-py.pass).
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dockerPy, engineForDockerPy, passedByDocker, runDockerPy } from '../support/docker-py.ts';
import type { Engine } from '../support/engine.ts';

const listed = passedByDocker('docker-py.pass');
/** What they ask of an engine that is no manager of a cluster. */
const ofClusters = /test_create_(inspect_network_with_scope|network_attachable|network_ingress)$/;
const checkout = await dockerPy();
const wanted = listed.filter((name) => !ofClusters.test(name));
let engine: Engine;

beforeAll(async () => {
  if (checkout !== undefined) engine = await engineForDockerPy();
});

afterAll(async () => {
  if (checkout !== undefined) expect(await engine.dispose()).toEqual([]);
});

test.skipIf(checkout === undefined)(
  `docker-py: ${wanted.length} of its tests`,
  async () => {
    const directory = checkout as string;
    const passed = await runDockerPy(directory, engine.host);
    const failed = wanted.filter((name) => !passed.has(name));
    // Some of them look at the whole engine, which others are busy with: what fails among all is asked again alone.
    const again = failed.length > 0 && failed.length <= 10 ? await runDockerPy(directory, engine.host, failed) : passed;
    expect(failed.filter((name) => !again.has(name))).toEqual([]);
  },
  1_200_000,
);
