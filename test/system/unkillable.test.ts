// A process that no signal ends, for it waits in the kernel: it is named, and nobody else waits along.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { mountHungFuse } from '../support/hung-fuse.ts';

let engine: Engine;
let server: ChildProcess;

beforeAll(async () => {
  engine = await startEngine({ dataSize: '64m' });
  await engine.withBusybox();
  server = await mountHungFuse(engine, join(engine.directory, 'hung'));
}, 60_000);

afterAll(async () => {
  server.kill('SIGKILL');
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const stateOf = (pid: number) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

async function startStuck(name: string): Promise<number> {
  const bind = `${join(engine.directory, 'hung')}:/hung`;
  const made = await engine.tug(['run', '-d', '--name', name, '-v', bind, 'busybox', 'cat', '/hung/file']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const pid = Number((await engine.tug(['inspect', '-f', '{{.State.Pid}}', name])).stdout);
  await until('it waits in the kernel', () => stateOf(pid) === 'D' || stateOf(pid) === 'S');
  return pid;
}

test('stop, kill and rm name it; the engine and other containers go on; it is collected once it lets go', async () => {
  const pid = await startStuck('stuck');
  const named = new RegExp(
    `did not receive an exit event: process ${pid} \\(cat\\) is in uninterruptible sleep \\(D, waits in \\w+\\)`,
  );
  const attempts = [['stop', '-t', '0'], ['kill'], ['rm', '-f']].map((words) => engine.tug([...words, 'stuck']));
  const waiting = new Set(attempts);
  for (const attempt of attempts) void attempt.finally(() => waiting.delete(attempt));
  let others = 0;
  while (waiting.size > 0) {
    expect(await engine.tug(['run', '--rm', 'busybox', 'echo', 'here'])).toMatchObject({ code: 0, stdout: 'here\n' });
    expect((await engine.tug(['inspect', '-f', '{{.State.Status}}', 'stuck'])).stdout).toBe('running\n');
    others++;
  }
  expect(others).toBeGreaterThan(3);
  for (const { code, stderr } of await Promise.all(attempts)) {
    expect(code).toBe(1);
    expect(stderr).toMatch(named);
  }
  server.kill('SIGKILL');
  await until('it has ended', async () => {
    return (
      (await engine.tug(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'stuck'])).stdout === 'exited 137\n'
    );
  });
  expect(await engine.tug(['rm', 'stuck'])).toMatchObject({ code: 0 });
}, 90_000);
