// An engine that may open no more files, start no more processes or use no more memory: what it cannot do it says, what runs goes on.
import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { livingShims } from '../support/mayhem/shims.ts';
import { ownCgroup } from '../support/own-cgroup.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
let engine: Engine;
let work = '';
const ends: (() => unknown)[] = [];

afterEach(async () => {
  const left = await engine.dispose();
  rmSync(work, { recursive: true });
  for (const end of ends.splice(0)) await end();
  expect(left).toEqual([]);
}, 60_000);

/** An engine that is started by a shell which has done that before. */
async function startAfter(words: string): Promise<void> {
  work = mkdtempSync(join(tmpdir(), 'tug-limits-'));
  const script = join(work, 'tug');
  writeFileSync(script, `#!/bin/sh\n${words}\nexec ${executable} "$@"\n`, { mode: 0o755 });
  engine = await startEngine({ executable: script });
  await engine.withBusybox();
}

const sleeping = (name: string) => engine.tug(['run', '-d', '--name', name, 'busybox', 'sleep', '300']);
const well = async () => (await engine.tug(['run', '--rm', 'busybox', 'echo', 'well'])).stdout === 'well\n';
const running = async () => (await engine.tug(['ps', '-q'])).stdout.trim().split('\n').length;

/** Starts containers until one is refused; its words, and how many run. */
async function startUntilRefused(most: number): Promise<{ words: string; count: number }> {
  for (let count = 0; count < most; count++) {
    const { code, stderr } = await sleeping(`box-${count}`);
    if (code === 0) continue;
    expect(code).toBe(125);
    return { words: stderr, count };
  }
  throw new Error(`${most} containers were started, and none refused`);
}

test('no file can be opened any more: a start is refused in the system’s words, and works again once some are closed', async () => {
  await startAfter('ulimit -n 80');
  const { words, count } = await startUntilRefused(60);
  expect(words).toMatch(/too many open files/i);
  expect((await engine.request('GET', '/_ping')).status).toBe(200);
  expect(await running()).toBe(count);
  for (let number = 0; number < count; number++) await engine.tug(['rm', '-f', `box-${number}`]);
  await engine.tug(['rm', '-f', `box-${count}`]);
  await until('starts succeed again', well);
}, 120_000);

/** It compiles and collects on the one thread it has: the threads that come and go for it must not be what is one too many. */
const alone =
  'export BUN_JSC_useConcurrentJIT=0 BUN_JSC_useConcurrentGC=0 BUN_JSC_numberOfGCMarkers=1 BUN_JSC_usePollingTraps=1';

test('no process can be started any more: a start is refused in the system’s words, and works again once some have ended', async () => {
  const cgroup = ownCgroup('pids', `tug-limits-${process.pid}`);
  if (!cgroup) throw new Error('this machine has no pids controller');
  ends.push(() => cgroup.remove());
  await startAfter(`${alone}; ${cgroup.enter}`);
  expect((await sleeping('first')).code).toBe(0);
  cgroup.set('pids.max', String(Number(cgroup.read('pids.current')) + 3));
  const { words, count } = await startUntilRefused(40);
  expect(words).toMatch(/resource temporarily unavailable/i);
  expect((await engine.request('GET', '/_ping')).status).toBe(200);
  expect(await running()).toBe(count + 1);
  cgroup.set('pids.max', 'max');
  for (let number = 0; number <= count; number++) await engine.tug(['rm', '-f', `box-${number}`]);
  expect(await well()).toBe(true);
}, 120_000);

/** Uses memory until the kernel kills somebody for it. */
const greedy = `exec python3 -c "
held = []
while True: held.append(bytearray(8 << 20))
"`;

test('the kernel kills the engine, then a monitor, for memory: containers go on, and the monitor’s ends as its rule says', async () => {
  const cgroup = ownCgroup('memory', `tug-limits-${process.pid}`);
  if (!cgroup) throw new Error('this machine has no memory controller');
  ends.push(() => cgroup.remove());
  await startAfter(cgroup.enter);
  expect((await sleeping('box')).code).toBe(0);
  const { stdout } = await engine.tug(['inspect', '-f', '{{.State.Pid}}', 'box']);
  const killedFirst = async (pid: number) => {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
    cgroup.set(cgroup.unified ? 'memory.max' : 'memory.limit_in_bytes', String(600 << 20));
    const eater = Bun.spawn(['sh', '-c', `${cgroup.enter}; ${greedy}`], { stdio: ['ignore', 'ignore', 'ignore'] });
    await until('the kernel has chosen', () => !livesStill(pid), 30_000);
    eater.kill('SIGKILL');
    await eater.exited;
  };
  await killedFirst(engine.pid());
  await engine.died();
  process.kill(Number(stdout), 0);
  await engine.start();
  expect((await engine.tug(['ps', '--format', '{{.Names}}'])).stdout).toBe('box\n');
  const [shim] = livingShims(engine);
  await killedFirst(shim?.pid ?? 0);
  const shown = async () => (await engine.tug(['inspect', '-f', '{{.State.ExitCode}} {{.State.Error}}', 'box'])).stdout;
  await until('its end is told', async () => (await shown()) === '137 the monitor of the process was killed\n');
  expect(livesStill(Number(stdout))).toBe(false);
  expect(await well()).toBe(true);
}, 120_000);

function livesStill(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
