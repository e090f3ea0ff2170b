// An engine of another version takes over what the one before started: built of this repository's own history, with its own monitors.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { livingShims } from '../support/mayhem/shims.ts';
import { type OlderBuild, olderBuild } from '../support/older-build.ts';

/** A version from before ports were passed on by monitors, and the like: what it lacks must not disturb. */
const older = '76abbf2';
const newest = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');

interface State {
  State: { Status: string; Pid: number; ExitCode: number };
}

describe('an engine that is exchanged for a newer one', () => {
  let build: OlderBuild | undefined;
  let engine: Engine;
  let work = '';

  beforeAll(async () => {
    build = await olderBuild(older);
  }, 120_000);
  afterAll(() => build?.remove());

  const inspect = async (name: string) => (await engine.request('GET', `/containers/${name}/json`)).json() as State;
  const change = (executable: string) => {
    rmSync(join(work, 'tug'), { force: true });
    symlinkSync(executable, join(work, 'tug'));
  };

  test('containers go on under it: state, logs, attach, exec, exit codes, ports, volumes; nothing is left at their end', async () => {
    if (!build) return console.log(`takeover: the history has no ${older}; nothing was compared`);
    work = mkdtempSync(join(tmpdir(), 'tug-takeover-'));
    change(build.executable);
    engine = await startEngine({ executable: join(work, 'tug') });
    try {
      await engine.withBusybox();
      const script = 'trap "exit 9" TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done';
      const run = (...args: string[]) => engine.tug(['run', '-d', ...args]);
      expect(
        (await run('--name', 'writer', '-v', 'kept:/v', '-p', '127.0.0.1::80', 'busybox', 'sh', '-c', script)).code,
      ).toBe(0);
      expect((await run('--name', 'ender', 'busybox', 'sh', '-c', 'sleep 1; exit 5')).code).toBe(0);
      expect((await run('--name', 'again', '--restart', 'always', 'busybox', 'sleep', '300')).code).toBe(0);
      const [before, ends] = [await inspect('writer'), await inspect('ender')];
      await engine.kill();
      change(newest);
      await until('one has ended while no engine was there', () => !existsSync(`/proc/${ends.State.Pid}`), 20_000);
      await engine.start();
      expect((await inspect('writer')).State).toMatchObject({ Status: 'running', Pid: before.State.Pid });
      await until('its end is known', async () => (await inspect('ender')).State.ExitCode === 5);
      expect((await inspect('again')).State.Status).toBe('running');
      const inside = await engine.tug(['exec', 'writer', 'sh', '-c', 'echo new >/v/file; cat /v/file; exit 6']);
      expect(inside).toMatchObject({ code: 6, stdout: 'new\n' });
      const seen: string[] = [];
      const attached = engine.tug(['attach', '--sig-proxy=false', 'writer'], { onStdout: (text) => seen.push(text) });
      await until('an attached client sees lines', () => seen.length > 2);
      expect((await engine.tug(['pause', 'writer'])).code).toBe(0);
      expect((await engine.tug(['unpause', 'writer'])).code).toBe(0);
      expect((await engine.tug(['network', 'create', 'more'])).code).toBe(0);
      expect(await engine.tug(['network', 'connect', 'more', 'writer'])).toMatchObject({ code: 0, stderr: '' });
      expect((await engine.tug(['stop', 'writer'])).code).toBe(0);
      await attached;
      expect((await inspect('writer')).State.ExitCode).toBe(9);
      const lines = (await engine.tug(['logs', 'writer'])).stdout.trim().split('\n').map(Number);
      expect(lines).toEqual(lines.map((_, index) => index + 1));
      expect((await engine.tug(['start', 'writer'])).code).toBe(0);
      expect(await engine.tug(['system', 'fsck'])).toMatchObject({ code: 0 });
    } finally {
      const left = await engine.dispose();
      rmSync(work, { recursive: true });
      expect(left).toEqual([]);
    }
  }, 120_000);
});

test('a monitor of a protocol that is not known is left as it is, and the engine says what to do', async () => {
  const engine = await startEngine();
  try {
    await engine.withBusybox();
    const { stdout } = await engine.tug(['run', '-d', '--name', 'ahead', 'busybox', 'sleep', '300']);
    const id = stdout.trim();
    const record = join(engine.directory, 'exec/containers', id, 'launch.json');
    const said = readFileSync(record, 'utf8');
    const pid = Number((await engine.tug(['inspect', '-f', '{{.State.Pid}}', 'ahead'])).stdout);
    await engine.kill();
    writeFileSync(record, JSON.stringify({ ...JSON.parse(said), protocol: 99 }));
    await expect(engine.start()).rejects.toThrow(
      `failed to start daemon: the monitor of ${id} speaks protocol 99, and this version of tug only 1; it was left as it is`,
    );
    process.kill(pid, 0);
    writeFileSync(record, said);
    await engine.start();
    expect((await engine.tug(['ps', '--format', '{{.Names}} {{.State}}'])).stdout).toBe('ahead running\n');
  } finally {
    expect(await engine.dispose()).toEqual([]);
  }
}, 60_000);

test('a monitor that stands still holds up neither the engine’s start nor another container, and a request to it ends', async () => {
  const engine = await startEngine();
  const shims: number[] = [];
  try {
    await engine.withBusybox();
    const { stdout } = await engine.tug(['run', '-d', '--name', 'still', 'busybox', 'sleep', '300']);
    const [{ pid } = { pid: 0 }] = livingShims(engine).filter(({ id }) => id === stdout.trim());
    shims.push(pid);
    process.kill(pid, 'SIGSTOP');
    await engine.kill();
    await engine.start();
    expect((await engine.tug(['ps', '--format', '{{.Names}} {{.State}}'])).stdout).toBe('still running\n');
    const stopping = engine.tug(['stop', '-t', '1', 'still']);
    expect(await engine.tug(['run', '--rm', 'busybox', 'echo', 'here'])).toMatchObject({ code: 0, stdout: 'here\n' });
    const { code, stderr } = await stopping;
    expect(code).toBe(1);
    expect(stderr).toContain(`the monitor of ${stdout.trim()} does not answer`);
    process.kill(pid, 'SIGCONT');
    await until('what was asked of it is done', async () => {
      return (await engine.tug(['rm', '-f', 'still'])).code === 0;
    });
  } finally {
    for (const pid of shims) tryContinue(pid);
    expect(await engine.dispose()).toEqual([]);
  }
}, 60_000);

function tryContinue(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has ended
  }
}
