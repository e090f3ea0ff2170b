// A full disk: a clear error, nothing half done, and all is well once there is room again.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let work: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tug-full-'));
  engine = await startEngine({ dataSize: '48m' });
  await engine.withBusybox();
});

afterAll(async () => {
  rmSync(work, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
});

/** Bytes in use on the engine's data root, read in its own mount namespace. */
async function used(): Promise<number> {
  const line = await must([
    'nsenter',
    '-t',
    String(engine.pid()),
    '-m',
    'df',
    '--output=used',
    '-k',
    join(engine.directory, 'data'),
  ]);
  return Number(line.split('\n')[1]);
}

test('an image that does not fit is refused and leaves nothing', async () => {
  const before = await used();
  writeFileSync(join(work, 'large'), Buffer.alloc(80 << 20, 'tug'));
  await must(['tar', '-C', work, '-cf', join(work, 'large.tar'), 'large']);
  const refused = await engine.docker(['import', join(work, 'large.tar'), 'large']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('no space left on device');
  expect((await engine.docker(['images', '-q', 'large'])).stdout).toBe('');
  expect(await used()).toBeLessThan(before + 1024);
});

test('a container that fills the disk is told so; others are created again once it is gone', async () => {
  const filler = await engine.docker(['run', '--name', 'filler', 'busybox', 'dd', 'if=/dev/zero', 'of=/full', 'bs=1M']);
  expect(filler.code).toBe(1);
  expect(filler.stderr).toContain('No space left on device');
  const refused = await engine.docker(['run', '--name', 'late', 'busybox', 'true']);
  expect(refused.code).toBe(125);
  expect(refused.stderr).toMatch(/no space left on device|database or disk is full/);
  expect((await engine.docker(['rm', '-f', 'filler'])).code).toBe(0);
  await engine.docker(['rm', '-f', 'late']);
  expect(await engine.docker(['run', '--rm', 'busybox', 'echo', 'room'])).toEqual({
    code: 0,
    stdout: 'room\n',
    stderr: '',
  });
  expect((await engine.docker(['ps', '-aq'])).stdout).toBe('');
});
