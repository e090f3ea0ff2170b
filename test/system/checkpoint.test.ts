// Checkpoints: processes that end, or not, and go on later with what they had in memory; and files that somebody else made.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const criu = (await run([join(import.meta.dirname, '../peers/criu.sh')], { timeout: 600_000 })).stdout.trim();
const path = process.env.PATH ?? '';
const works = criu !== '' && (await run([join(criu, 'criu'), 'check'])).code === 0;
if (!works) console.log(`checkpoints are not tried: CRIU does not work on this machine (${criu || 'none to be had'})`);

let engine: Engine;
let plain: Engine;
beforeAll(async () => {
  engine = await startEngine({ args: ['--experimental'], env: { PATH: `${criu}:${path}` } });
  await engine.withBusybox();
  plain = await startEngine({ args: ['--experimental'] });
  await plain.withBusybox();
}, 60_000);
afterAll(async () => {
  // What the second leaves is found at the end of the first.
  await plain.dispose();
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

/** It counts in memory; nothing on a disk knows how far. */
const counting = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done';
const count = async (name: string): Promise<number> =>
  Number((await engine.tug(['logs', '--tail', '1', name])).stdout.trim());
const counted = (name: string, least: number) =>
  until(`${name} counts to ${least}`, async () => (await count(name)) >= least, 20_000);
const stateOf = async (name: string) =>
  JSON.parse((await engine.tug(['inspect', '-f', '{{json .State}}', name])).stdout) as Record<string, unknown>;
const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.tug(args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
};

for (const runtime of ['native', 'runc']) {
  test.skipIf(!works)(
    `${runtime}: what was counted in memory goes on after the end, with exec, logs and stop`,
    async () => {
      const name = `counter-${runtime}`;
      await ok(
        'run',
        '-d',
        '--runtime',
        runtime,
        '--restart',
        'always',
        '--name',
        name,
        'busybox',
        'sh',
        '-c',
        counting,
      );
      await counted(name, 5);
      expect(await ok('checkpoint', 'create', name, 'one')).toBe('one\n');
      await until('it has ended', async () => (await stateOf(name)).Status === 'exited');
      expect(await stateOf(name)).toMatchObject({ ExitCode: 137, Running: false });
      const before = await count(name);
      expect(await ok('checkpoint', 'ls', name)).toBe('CHECKPOINT NAME\none\n');
      await ok('start', '--checkpoint', 'one', name);
      await counted(name, before + 5);
      const lines = (await ok('logs', name)).trim().split('\n').map(Number);
      expect(lines).toEqual(lines.map((_, index) => index + 1));
      expect(await ok('exec', name, 'cat', '/proc/1/comm')).toBe('sh\n');
      expect(await ok('exec', name, 'hostname')).toBe(await ok('inspect', '-f', '{{.Config.Hostname}}', name));
      await ok('stop', '-t', '1', name);
      await ok('rm', name);
    },
    60_000,
  );
}

test.skipIf(!works)(
  'it may run on meanwhile, and the next engine finds the checkpoint and what was restored',
  async () => {
    await ok('run', '-d', '--name', 'on', 'busybox', 'sh', '-c', counting);
    await counted('on', 3);
    await ok('checkpoint', 'create', '--leave-running', 'on', 'early');
    expect(await stateOf('on')).toMatchObject({ Running: true });
    const again = await engine.tug(['checkpoint', 'create', 'on', 'early']);
    expect(again.stderr).toContain(
      'cannot checkpoint container on: checkpoint with name early already exists for container on',
    );
    await ok('kill', 'on');
    await until('it has ended', async () => (await stateOf('on')).Status === 'exited');
    await engine.kill();
    await engine.start();
    await ok('start', '--checkpoint', 'early', 'on');
    await engine.kill();
    await engine.start();
    expect(await stateOf('on')).toMatchObject({ Running: true });
    expect(await ok('exec', 'on', 'echo', 'here')).toBe('here\n');
    await ok('kill', 'on');
    // A plain start is a new life, by the container's own runtime.
    await until('it has ended', async () => (await stateOf('on')).Status === 'exited');
    await ok('start', 'on');
    expect(await ok('exec', 'on', 'echo', 'here')).toBe('here\n');
    await ok('checkpoint', 'rm', 'on', 'early');
    expect(await ok('checkpoint', 'ls', 'on')).toBe('CHECKPOINT NAME\n');
    await ok('rm', '-f', 'on');
  },
  60_000,
);

test.skipIf(!works)(
  'what the engine did not write for that container is not restored',
  async () => {
    await ok('run', '-d', '--name', 'good', 'busybox', 'sh', '-c', counting);
    await ok('create', '--name', 'other', 'busybox', 'sleep', '1000');
    await ok('checkpoint', 'create', 'good', 'point');
    const directory = async (name: string) =>
      join(engine.directory, 'data/containers', (await ok('inspect', '-f', '{{.Id}}', name)).trim(), 'checkpoints');
    const mine = join(await directory('good'), 'point');
    const refused = async (name: string, why: string) => {
      const { code, stderr } = await engine.tug(['start', '--checkpoint', 'point', name]);
      expect([code, stderr]).toEqual([
        1,
        `Error response from daemon: checkpoint point of container /${name} is not what the engine wrote: ${why}\n`,
      ]);
    };
    await must(['mkdir', '-p', await directory('other')]);
    await must(['cp', '-a', mine, await directory('other')]);
    await refused('other', 'it was not made here');
    const [core = ''] = readdirSync(mine).filter((file) => file.startsWith('core-'));
    appendFileSync(join(mine, core), 'x');
    await refused('good', `${core} has changed`);
    renameSync(join(mine, core), `${mine}-core`);
    symlinkSync(`${mine}-core`, join(mine, core));
    await refused('good', `${core} is no plain file`);
    for (const point of ['../point', 'absent']) {
      const { stderr } = await engine.tug(['start', '--checkpoint', point, 'good']);
      expect(stderr).toBe(`Error response from daemon: checkpoint ${point} does not exist for container /good\n`);
    }
    const elsewhere = await engine.tug(['start', '--checkpoint', 'point', '--checkpoint-dir', '/tmp', 'good']);
    expect(elsewhere.stderr).toBe('Error response from daemon: custom checkpointdir is not supported\n');
    for (const name of ['good', 'other']) await ok('rm', '-f', name);
  },
  60_000,
);

test.skipIf(!works)(
  'a directory of the user takes checkpoints, and nothing that is none is removed from it',
  async () => {
    const own = mkdtempSync(join(tmpdir(), 'tug-checkpoints-'));
    await ok('run', '-d', '--name', 'away', 'busybox', 'sh', '-c', counting);
    await ok('checkpoint', 'create', '--leave-running', '--checkpoint-dir', own, 'away', 'there');
    await must(['mkdir', join(own, 'precious')]);
    expect(await ok('checkpoint', 'ls', '--checkpoint-dir', own, 'away')).toBe('CHECKPOINT NAME\nthere\n');
    expect((await engine.tug(['checkpoint', 'rm', '--checkpoint-dir', own, 'away', 'precious'])).code).toBe(1);
    await ok('checkpoint', 'rm', '--checkpoint-dir', own, 'away', 'there');
    expect(readdirSync(own)).toEqual(['precious']);
    rmSync(own, { recursive: true });
    await ok('rm', '-f', 'away');
  },
  60_000,
);

test("Docker's words for what is wrong, and for a host without CRIU", async () => {
  await plain.tug(['run', '-d', '--name', 'c2', 'busybox', 'sleep', '1000']);
  await plain.tug(['create', '--name', 'idle', 'busybox']);
  const post = async (name: string, body: object) => {
    const { status, json } = await plain.request('POST', `/containers/${name}/checkpoints`, body);
    return [status, (json() as { message: string }).message];
  };
  expect(await post('c2', { CheckpointID: '../a' })).toEqual([
    500,
    'Invalid checkpoint ID (../a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
  ]);
  const id = (await plain.tug(['inspect', '-f', '{{.Id}}', 'idle'])).stdout.trim();
  expect(await post('idle', { CheckpointID: 'foo' })).toEqual([409, `container ${id} is not running`]);
  expect(await post('nope', { CheckpointID: 'foo' })).toEqual([404, 'No such container: nope']);
  const [status, message] = await post('c2', { CheckpointID: 'foo' });
  expect([status, message]).toEqual([
    500,
    'Cannot checkpoint container c2: CRIU version check failed: exec: "criu": executable file not found in $PATH',
  ]);
  const data = join(
    plain.directory,
    'data/containers',
    (await plain.tug(['inspect', '-f', '{{.Id}}', 'c2'])).stdout.trim(),
  );
  expect(readdirSync(join(data, 'checkpoints'))).toEqual([]);
  expect((await plain.tug(['inspect', '-f', '{{.State.Running}}', 'c2'])).stdout).toBe('true\n');
  expect(existsSync(join(data, 'checkpoints/.foo'))).toBe(false);
}, 60_000);
