// `tug system doctor` on a host that was made odd: each finding has its test beside the checks, here they are found for real.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Symptom } from '../../src/doctor/index.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ hostFiles: { '/etc/resolv.conf': 'nameserver dns.example\n' } });
  await engine.withBusybox();
});
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

const asked = async (): Promise<{ code: number; found: Symptom[] }> => {
  const { code, stdout, stderr } = await engine.tug(['system', 'doctor', '--format', 'json']);
  expect(stderr).toBe('');
  return { code, found: JSON.parse(stdout) as Symptom[] };
};
const gravities = { note: 0, warning: 1, error: 2 };
const worst = (found: Symptom[]): number => Math.max(0, ...found.map(({ gravity }) => gravities[gravity]));

test('what is odd is found by the engine, where it is, and its exit code tells how bad it is', async () => {
  await engine.tug(['run', '-d', '--name', 'known', 'busybox', 'sleep', '100']);
  const stray = join(engine.directory, 'exec/containers', 'f'.repeat(64));
  mkdirSync(stray);
  const { code, found } = await asked();
  rmdirSync(stray);
  const ids = found.map(({ id }) => id);
  expect(ids).toContain('dns-wrong');
  expect(found.find(({ id }) => id === 'leftover-starts')).toEqual({
    id: 'leftover-starts',
    gravity: 'warning',
    text: `there is state of containers that the engine does not know: ${'f'.repeat(64)}`,
    mend: 'restart the engine: it clears them away',
  });
  expect(code).toBe(worst(found));
  expect(code).toBeGreaterThan(0);
  expect((await asked()).found.map(({ id }) => id)).not.toContain('leftover-starts');
  await engine.tug(['rm', '-f', 'known']);
});

test('as text each has a line that says how to mend it', async () => {
  const { stdout } = await engine.tug(['system', 'doctor']);
  expect(stdout).toContain(
    '! /etc/resolv.conf names servers that are no addresses: dns.example (dns-wrong)\n    write addresses\n',
  );
  const wrong = await engine.tug(['system', 'doctor', '--format', 'xml']);
  expect([wrong.code, wrong.stderr]).toEqual([1, 'invalid format: xml (must be "text" or "json")\n']);
});

test('without an engine the command line looks itself, and says so first', async () => {
  const nobody = { DOCKER_HOST: `unix://${engine.directory}/nobody.sock` };
  const { code, stdout } = await engine.tug(['system', 'doctor', '--format', 'json'], { env: nobody });
  const [first] = JSON.parse(stdout) as Symptom[];
  expect([code, first?.id, first?.gravity]).toEqual([2, 'engine', 'error']);
});
