// Programs on dockerode and testcontainers, run by node as their users run them, against an engine of the test's own.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

/** The things that went well; what went wrong comes with its reason. */
async function checks(program: string): Promise<string[]> {
  const said = await run(['node', join(import.meta.dirname, 'clients', program), engine.socket], {
    env: {
      DOCKER_HOST: engine.host,
      // Its own clean-up container is an image of a registry that may be out of reach.
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_REUSE_ENABLE: 'true',
    },
    timeout: 110_000,
  });
  expect(said.stderr).toBe('');
  return said.stdout.trim().split(/\n(?=ok |failed )/);
}

test('dockerode', async () => {
  const said = await checks('dockerode.mjs');
  expect(said.filter((line) => !line.startsWith('ok '))).toEqual([]);
  expect(said.length).toBe(12);
});

test('testcontainers', async () => {
  const said = await checks('testcontainers.mjs');
  expect(said.filter((line) => !line.startsWith('ok '))).toEqual([]);
  expect(said.length).toBe(7);
});
