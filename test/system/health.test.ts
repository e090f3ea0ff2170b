// Health checks, restart policies, --init and logs with real containers, over engine restarts.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

interface Inspected {
  RestartCount: number;
  State: {
    Status: string;
    ExitCode: number;
    Health?: { Status: string; FailingStreak: number; Log: { ExitCode: number; Output: string }[] };
  };
}

async function docker(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.docker(args);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function run(name: string, options: string[], command: string): Promise<string> {
  return docker('run', '-d', '--name', name, ...options, 'busybox', 'sh', '-c', command);
}

const inspect = async (name: string) => (await engine.request('GET', `/containers/${name}/json`)).json() as Inspected;

const becomes = (name: string, holds: (container: Inspected) => boolean) =>
  until(`${name} is as expected`, async () => holds(await inspect(name)), 20_000);

async function actions(name: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [name], type: ['container'] }));
  // What happened within this very millisecond belongs to it.
  const end = (Date.now() + 1) / 1000;
  const { text } = await engine.request('GET', `/events?since=1&until=${end}&filters=${filters}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { Action: string }).Action);
}

const quick = ['--health-interval', '200ms', '--health-retries', '2'];

describe('health', () => {
  test('unhealthy, then healthy, as ps, inspect and events say; it goes on after the engine was killed', async () => {
    await run('sick', [...quick, '--health-cmd', 'echo looked; test -e /ok'], 'sleep 1000');
    await becomes('sick', ({ State }) => State.Health?.Status === 'unhealthy');
    expect((await inspect('sick')).State.Health?.Log[0]).toMatchObject({ ExitCode: 1, Output: 'looked\n' });
    expect(await docker('ps', '--filter', 'health=unhealthy', '--format', '{{.Names}} {{.Status}}')).toMatch(
      /^sick Up .* \(unhealthy\)$/,
    );
    await docker('exec', 'sick', 'touch', '/ok');
    await becomes('sick', ({ State }) => State.Health?.Status === 'healthy');
    await engine.kill();
    await engine.start();
    expect((await inspect('sick')).State.Health?.Status).toBe('healthy');
    await docker('exec', 'sick', 'rm', '/ok');
    await becomes('sick', ({ State }) => State.Health?.Status === 'unhealthy');
    const said = await actions('sick');
    expect(said.slice(0, 5)).toEqual([
      'create',
      'start',
      'exec_create: /bin/sh -c echo looked; test -e /ok',
      'exec_start: /bin/sh -c echo looked; test -e /ok',
      'exec_die',
    ]);
    expect(said.filter((action) => action.startsWith('health_status'))).toEqual([
      'health_status: unhealthy',
      'health_status: healthy',
      'health_status: unhealthy',
    ]);
    await docker('rm', '-f', 'sick');
  }, 60_000);

  test('a probe that hangs is killed; a pause halts probes', async () => {
    const options = ['--health-cmd', 'echo begun; exec sleep 1000', '--health-timeout', '300ms'];
    await run('hung', [...quick, ...options], 'sleep 1000');
    await becomes('hung', ({ State }) => (State.Health?.Log.length ?? 0) > 0);
    expect((await inspect('hung')).State.Health?.Log[0]).toMatchObject({
      ExitCode: -1,
      Output: 'Health check exceeded timeout (300ms): begun\n',
    });
    await docker('pause', 'hung');
    const before = (await inspect('hung')).State.Health;
    expect(before?.Status).toBe('unhealthy');
    await Bun.sleep(1000);
    expect((await inspect('hung')).State.Health).toEqual(before as NonNullable<typeof before>);
    await docker('unpause', 'hung');
    await becomes(
      'hung',
      ({ State }) =>
        State.Health?.Log.at(-1)?.Output !== before?.Log.at(-1)?.Output ||
        (State.Health?.FailingStreak ?? 0) > (before?.FailingStreak ?? 0),
    );
    // Only what runs now: what was killed is gone.
    const { stdout } = await engine.docker(['exec', 'hung', 'ps', '-o', 'args']);
    expect(stdout.split('\n').filter((line) => line === 'sleep 1000').length).toBeLessThanOrEqual(2);
    await docker('rm', '-f', 'hung');
  }, 60_000);
});

describe('restart policies', () => {
  test('on-failure so many times, counted, and from the beginning by a user’s start', async () => {
    await run('failing', ['--restart', 'on-failure:2'], 'exit 3');
    await becomes('failing', ({ State, RestartCount }) => State.Status === 'exited' && RestartCount === 2);
    expect((await inspect('failing')).State.ExitCode).toBe(3);
    expect((await actions('failing')).filter((action) => action === 'die')).toHaveLength(3);
    await docker('start', 'failing');
    await becomes('failing', ({ State, RestartCount }) => State.Status === 'exited' && RestartCount === 2);
    await docker('rm', 'failing');
  }, 30_000);

  test('what a user stopped stays so in the next engine, but with `always`', async () => {
    await run('always', ['--restart', 'always', '--stop-signal', 'KILL'], 'sleep 1000');
    await run('unless', ['--restart', 'unless-stopped', '--stop-signal', 'KILL'], 'sleep 1000');
    await docker('stop', 'always', 'unless');
    await engine.stop();
    await engine.start();
    await becomes('always', ({ State }) => State.Status === 'running');
    expect((await inspect('unless')).State.Status).toBe('exited');
    await docker('rm', '-f', 'always', 'unless');
  }, 30_000);
});

describe('init', () => {
  test('it hands signals on, ends as the program, and reaps what is left to it', async () => {
    expect((await engine.docker(['run', '--rm', '--init', 'busybox', 'sh', '-c', 'exit 7'])).code).toBe(7);
    expect((await engine.docker(['run', '--rm', '--init', 'busybox', 'nosuch'])).code).toBe(127);
    await run('kept', ['--init'], 'trap "exit 5" TERM; (sleep 0.1 &); echo up; while :; do sleep 0.1; done');
    await until('it is up', async () => (await docker('logs', 'kept')) === 'up');
    await until('nothing is left over', async () => !(await docker('exec', 'kept', 'ps', '-o', 'stat')).includes('Z'));
    expect(await docker('exec', 'kept', 'cat', '/proc/1/comm')).toBe('docker-init');
    await docker('stop', 'kept');
    expect((await inspect('kept')).State.ExitCode).toBe(5);
    await docker('rm', 'kept');
  }, 30_000);
});

describe('logs', () => {
  test('with what was asked to be kept of labels and variables, and by the local driver', async () => {
    const opts = ['--log-opt', 'labels=tier', '--log-opt', 'env=WHO', '--log-opt', 'tag={{.Name}}'];
    await docker('run', '--name', 'kept', '-l', 'tier=front', '-e', 'WHO=me', ...opts, 'busybox', 'echo', 'hi');
    expect(await docker('logs', '--details', 'kept')).toBe('WHO=me,tag=kept,tier=front hi');
    expect(await docker('logs', 'kept')).toBe('hi');
    await docker('run', '--name', 'local', '--log-driver', 'local', 'busybox', 'echo', 'hi');
    expect(await docker('logs', 'local')).toBe('hi');
    await docker('rm', 'kept', 'local');
  }, 30_000);

  test('a follower hears all until the end, over a rotation', async () => {
    const opts = ['--log-opt', 'max-size=20k', '--log-opt', 'max-file=50'];
    await run('chatty', opts, 'i=0; while [ $i -lt 2000 ]; do echo line $i of many; i=$((i+1)); done');
    const lines = (await docker('logs', '-f', 'chatty')).split('\n');
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([2000, 'line 0 of many', 'line 1999 of many']);
    expect((await docker('logs', '--tail', '3', 'chatty')).split('\n')).toEqual(lines.slice(-3));
    await docker('rm', 'chatty');
  }, 30_000);
});
