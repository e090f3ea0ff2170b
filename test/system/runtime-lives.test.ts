import { afterAll, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cgroupPids, detectCgroups } from '../../src/host/index.ts';
import { newId, newToken } from '../../src/kit/index.ts';
import type { Exit, Process } from '../../src/runtime/index.ts';
import { collect, makeBench, shimOf, unframe, until } from '../support/runtime.ts';

const bench = makeBench();
afterAll(() => bench.remove());
const clean = () => expect(bench.remains()).toEqual([]);

/** An engine of its own process launches, and is killed. */
async function killedEngine(go: boolean, args: string[]) {
  const [id, token] = [newId(), newToken()];
  const script = resolve(import.meta.dir, '../support/engine-to-kill.ts');
  const words = [script, bench.execRoot, id, token, bench.cgroup, go ? 'go' : 'wait', ...args];
  const engine = Bun.spawn([process.execPath, ...words], { stdout: 'pipe', stderr: 'inherit' });
  const { value } = await engine.stdout.getReader().read();
  const [pid = '', box = ''] = new TextDecoder().decode(value).trim().split(' ');
  engine.kill('SIGKILL');
  await engine.exited;
  return { id, token, pid: Number(pid), forget: () => rmSync(box, { recursive: true, force: true }) };
}

const isProcess = (found: Process | Exit | undefined): found is Process => found !== undefined && 'exited' in found;

test('an engine killed before go takes its container along', async () => {
  const { id, token, forget } = await killedEngine(false, ['sleep', '1000']);
  await until(() => !existsSync(join(bench.execRoot, 'containers', id, 'sock')));
  expect(await bench.runtime.recover(id, token)).toBeUndefined();
  clean();
  forget();
});

test('an engine that is held up before it has said hello finds what it began', async () => {
  const begun = [];
  // At different steps on the way there.
  for (let step = 0; step < 4; step += 1) {
    begun.push(bench.launch(['true'], { runtime: 'native' }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  Bun.sleepSync(11_000);
  for (const { process, go } of await Promise.all(begun)) {
    await go();
    expect(await process.exited).toMatchObject({ code: 0 });
    await process.release();
  }
  clean();
}, 60_000);

test('one that froze before go is not waited for, and goes when it thaws', async () => {
  const cgroups = detectCgroups();
  // Others make their cgroups on go.
  const { process, spec } = await bench.launch(['sleep', '1000'], { runtime: 'native' });
  await until(() => cgroupPids(cgroups, spec.linux.cgroupsPath).length === 1);
  await process.control?.freeze();
  const found = await bench.runtime.recover(process.id, process.token);
  // With cgroup v2 what is frozen can be killed, and its cgroup has gone with it.
  if (isProcess(found)) process.control?.thaw();
  expect(isProcess(found)).toBe(cgroups.mode !== 'v2');
  if (isProcess(found)) expect(await found.exited).toMatchObject({ code: 137 });
  await bench.runtime.sweep(() => false);
  clean();
});

test('a container outlives its engine, and the next one takes it up', async () => {
  const { id, token, pid, forget } = await killedEngine(true, [
    'sh',
    '-c',
    'echo one; trap "echo two; exit 5" TERM; while :; do sleep 0.05; done',
  ]);
  expect(await bench.runtime.recover(id, newToken())).toBeUndefined();
  const found = await bench.runtime.recover(id, token);
  if (!isProcess(found)) throw new Error('it is not running');
  expect(found.pid).toBe(pid);
  expect(await found.pids()).toContain(pid);
  const { socket, log } = await found.attach({ stdin: false, stdout: true, stderr: true });
  const output = collect(socket);
  expect(readFileSync(`${bench.execRoot}.log`, 'utf8').slice(0, log.offset)).toContain('"one\\n"');
  await found.signal(15);
  expect(await found.exited).toMatchObject({ code: 5, oom: false });
  await output.ended;
  expect(unframe(output.bytes, 1)).toBe('two\n');
  await found.release();
  clean();
  forget();
});

test('an exit without an engine is on record until it is swept', async () => {
  const { id, token, forget } = await killedEngine(true, ['sh', '-c', 'sleep 0.3; exit 9']);
  await until(() => existsSync(join(bench.execRoot, 'containers', id, 'exit')));
  const exit = await bench.runtime.recover(id, token);
  expect(exit).toMatchObject({ code: 9, oom: false });
  expect(await bench.runtime.recover(id, token)).toEqual(exit as Exit);
  expect(await bench.runtime.sweep(() => false)).toEqual([id]);
  clean();
  forget();
});

test('engine and monitor both killed: 137 and a reason', async () => {
  const { id, token, pid, forget } = await killedEngine(true, ['sleep', '1000']);
  process.kill(shimOf(pid), 'SIGKILL');
  expect(await bench.runtime.recover(id, token)).toMatchObject({
    code: 137,
    reason: 'the monitor of the process was killed',
  });
  expect(await bench.runtime.sweep(() => false)).toEqual([id]);
  clean();
  forget();
});

test('sweep ends what nobody knows, and only that', async () => {
  const lost = await bench.launch(['sleep', '1000']);
  const kept = await bench.launch(['sleep', '1000']);
  await lost.go();
  await kept.go();
  const swept = await bench.runtime.sweep((id) => id === kept.process.id);
  expect(swept).toEqual([lost.process.id]);
  expect((await lost.process.exited).code).toBe(137);
  expect(await kept.process.pids()).toContain(kept.process.pid);
  await kept.process.signal(9);
  await kept.process.exited;
  await kept.process.release();
  clean();
});
