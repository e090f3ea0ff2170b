// What brings containers back: their health, and the engine's start, each after those it needs; and how they end with the engine.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupPids, detectCgroups } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ args: ['--live-restore=false'] });
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

async function docker(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.docker(args);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

const shown = (name: string, template: string) => docker('inspect', '-f', template, name);
const becomes = (name: string, template: string, wanted: string) =>
  until(`${name} is ${wanted}`, async () => (await shown(name, template)) === wanted, 30_000);

test('on-unhealthy: what is sick is ended with its own signal and starts again, by any client', async () => {
  const check = ['--health-cmd', 'test ! -e /sick', '--health-interval', '200ms', '--health-retries', '2'];
  const script = 'trap "rm -f /sick; exit 3" USR1; echo up; while :; do sleep 0.05; done';
  const policy = ['--restart', 'on-unhealthy:5', '--stop-signal', 'USR1'];
  await docker('run', '-d', '--name', 'frail', ...policy, ...check, 'busybox', 'sh', '-c', script);
  await becomes('frail', '{{.State.Health.Status}}', 'healthy');
  await docker('exec', 'frail', 'touch', '/sick');
  await becomes('frail', '{{.RestartCount}} {{.State.Health.Status}}', '1 healthy');
  expect(await shown('frail', '{{json .HostConfig.RestartPolicy}}')).toBe(
    '{"Name":"on-unhealthy","MaximumRetryCount":5}',
  );
  // A user's stop is one.
  await docker('stop', 'frail');
  expect(await shown('frail', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 3');
  await docker('rm', 'frail');
}, 60_000);

test('they end with the engine in their own time and way, and come back after those they need', async () => {
  const always = ['--restart', 'always', '--stop-signal', 'KILL'];
  const run = (name: string, ...options: string[]) =>
    docker(
      'run',
      '-d',
      '--name',
      name,
      ...options,
      'busybox',
      'sh',
      '-c',
      'trap "exit 4" USR1; while :; do sleep 0.1; done',
    );
  await run('net', ...always);
  await run('web', ...always, '--net', 'container:net', '--pid', 'container:net');
  await run('db', ...always);
  await run('front', ...always, '--link', 'db:sql');
  await run('own', '--stop-signal', 'USR1');
  await run('deaf', '--stop-timeout', '1');
  await engine.stop();
  await engine.start();
  const all = ['net', 'web', 'db', 'front'];
  for (const name of all) await becomes(name, '{{.State.Status}}', 'running');
  expect(await docker('exec', 'front', 'sh', '-c', 'ping -c 1 -W 5 sql >/dev/null && echo found')).toBe('found');
  expect(await shown('own', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 4');
  expect(await shown('deaf', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 137');
  const started = await Promise.all(all.map(async (name) => Date.parse(await shown(name, '{{.State.StartedAt}}'))));
  const [net = 0, web = 0, db = 0, front = 0] = started;
  expect([web >= net, front >= db]).toEqual([true, true]);
  await docker('rm', '-f', 'own', 'deaf', ...all.toReversed());
}, 60_000);

test('an exec that froze on its way in keeps no engine from starting', async () => {
  await docker('run', '-d', '--name', 'cold', 'busybox', 'sleep', '1000');
  const cgroups = detectCgroups();
  const line = readFileSync(`/proc/${await shown('cold', '{{.State.Pid}}')}/cgroup`, 'utf8');
  const cgroup = /^\d+:(?:freezer)?:(.*)$/m.exec(line)?.[1] ?? '';
  const freezer = cgroups.directoryOf('freezer', cgroup);
  const unified = join(cgroups.unified?.mountPoint ?? '', cgroup);
  const [file, frozen] = freezer ? [join(freezer, 'freezer.state'), 'FROZEN'] : [join(unified, 'cgroup.freeze'), '1'];
  writeFileSync(file, frozen);
  await until('it is frozen', () => readFileSync(file, 'utf8').trim() === frozen);
  const stuck = engine.docker(['exec', 'cold', 'true']);
  await until('the exec is on its way in', () => cgroupPids(cgroups, cgroup).length > 1);
  await engine.kill();
  await stuck;
  await engine.start();
  // It was found frozen.
  await docker('unpause', 'cold');
  expect(await docker('exec', 'cold', 'echo', 'warm')).toBe('warm');
  await until('it is alone again', () => cgroupPids(cgroups, cgroup).length === 1);
  await docker('rm', '-f', 'cold');
}, 60_000);
