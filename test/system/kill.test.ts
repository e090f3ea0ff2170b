// The engine may be killed at any moment: containers go on, and the next start has the whole truth and nothing left over.
import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

interface Summary {
  Id: string;
  Names: string[];
  State: string;
}

interface Inspect {
  State: { Status: string; Running: boolean; ExitCode: number; FinishedAt: string; Pid: number };
}

const post = async (engine: Engine, path: string, body?: unknown) => {
  const answer = await engine.request('POST', path, body);
  if (answer.status >= 400) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer;
};

const startContainer = async (engine: Engine, name: string, script: string, host: object = {}) => {
  await post(engine, `/containers/create?name=${name}`, {
    Image: 'busybox',
    Cmd: ['sh', '-c', script],
    HostConfig: host,
  });
  await post(engine, `/containers/${name}/start`);
};

const inspect = async (engine: Engine, name: string) =>
  (await engine.request('GET', `/containers/${name}/json`)).json() as Inspect;

/** Writes numbered lines; the first five end by themselves, while no engine is there, with a code of their own. */
const script = (index: number) =>
  `trap 'exit 11' TERM; i=0; while :; do echo $i; i=$((i+1)); [ ${index} -lt 5 ] && [ $i -ge 150 ] && exit $((20+${index})); sleep 0.01; done`;

describe('kill -9 of the engine under 20 writing containers', () => {
  test('they go on; afterwards ps, logs, wait, attach, stop and exit codes are right', async () => {
    const engine = await startEngine();
    try {
      await engine.withBusybox();
      const writers = Array.from({ length: 20 }, (_, index) => `writer-${index}`);
      await Promise.all(writers.map((name, index) => startContainer(engine, name, script(index))));
      const before = await Promise.all(writers.map((name) => inspect(engine, name)));
      await engine.kill();
      // While no engine is there, five end and the others write on: however long this machine takes for it.
      await until(
        'the first five have ended',
        () => before.slice(0, 5).every(({ State }) => !existsSync(`/proc/${State.Pid}`)),
        60_000,
      );
      await engine.start();
      for (const [index, name] of writers.entries()) {
        const now = await inspect(engine, name);
        if (index < 5) {
          expect(now.State).toMatchObject({ Status: 'exited', ExitCode: 20 + index });
          const waited = (await post(engine, `/containers/${name}/wait`)).json();
          expect(waited).toMatchObject({ StatusCode: 20 + index });
        } else {
          expect(now.State).toMatchObject({ Status: 'running', Pid: before[index]?.State.Pid ?? 0 });
        }
      }
      const listed = (await engine.request('GET', '/containers/json')).json() as Summary[];
      expect(listed.length).toBe(15);
      // A running one still writes, and someone who attaches now sees it.
      const attached = await engine.docker(['run', '--rm', 'busybox', 'true']);
      expect(attached.code).toBe(0);
      const lines = async (name: string) => (await engine.docker(['logs', name])).stdout.trim().split('\n').map(Number);
      await until(
        'all have written enough',
        async () => (await Promise.all(writers.map(lines))).every((all) => all.length >= 150),
        60_000,
      );
      let seen = '';
      const follower = engine.docker(['attach', '--sig-proxy=false', 'writer-9'], {
        onStdout: (text) => (seen += text),
      });
      await until('the attached client sees lines', () => seen.split('\n').length > 3, 60_000);
      await Promise.all(writers.slice(5).map((name) => post(engine, `/containers/${name}/stop?t=5`)));
      await follower;
      for (const [index, name] of writers.entries()) {
        expect((await inspect(engine, name)).State.ExitCode).toBe(index < 5 ? 20 + index : 11);
        const logs = await lines(name);
        expect(logs).toEqual(logs.map((_, line) => line));
      }
    } finally {
      expect(await engine.dispose()).toEqual([]);
    }
  }, 120_000);
});

/** One life of a few containers, start to removal; what fails because the engine dies is the caller's affair. */
async function life(engine: Engine, port: number): Promise<void> {
  await startContainer(engine, 'long', 'echo begun; exec sleep 300', {
    PortBindings: { '80/tcp': [{ HostPort: String(port) }] },
    Binds: ['kept:/data'],
  });
  await post(engine, '/containers/long/pause');
  await post(engine, '/containers/long/unpause');
  await post(engine, '/containers/long/update', { CpuShares: 300 });
  await post(engine, '/containers/long/rename?name=longer');
  await post(engine, '/containers/longer/rename?name=long');
  await startContainer(engine, 'short', 'echo short; exit 3');
  await post(engine, '/containers/short/wait');
  await startContainer(engine, 'gone', 'exit 4', { AutoRemove: true });
  await until(
    'the --rm container is gone',
    async () => (await engine.request('GET', '/containers/gone/json')).status === 404,
  );
  await post(engine, '/containers/long/stop?t=0');
  await post(engine, '/containers/long/start');
  await engine.request('DELETE', '/containers/long?force=1');
  await engine.request('DELETE', '/containers/short');
  await engine.request('DELETE', '/volumes/kept');
}

/** What must hold after any crash and restart. */
async function checkTruth(engine: Engine, port: number): Promise<void> {
  const all = (await engine.request('GET', '/containers/json?all=1')).json() as Summary[];
  const names = all.map((container) => container.Names[0]);
  expect(new Set(names).size).toBe(names.length);
  for (const container of all) {
    expect(['created', 'running', 'paused', 'exited']).toContain(container.State);
    const { State } = await inspect(engine, container.Id);
    expect(State.Running).toBe(State.Pid > 0);
    if (State.Running) process.kill(State.Pid, 0); // throws when there is no such process
    if (container.Names[0] === '/short' && State.Status === 'exited') expect(State.ExitCode).toBe(3);
  }
  for (const { Id } of all) {
    expect((await engine.request('DELETE', `/containers/${Id}?force=1&v=1`)).status).toBe(204);
  }
  await engine.request('DELETE', '/volumes/kept');
  // Names, port and volume are free again: the same life succeeds.
  await life(engine, port);
}

/** A random order that can be repeated (mulberry32). */
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return items
    .map((item) => ({ item, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('kill -9 at every commit, rename and mount step', () => {
  test('the next start repairs everything', async () => {
    const port = await freePort();
    const trace = join(mkdtempSync(join(tmpdir(), 'tug-trace-')), 'points');
    const engine = await startEngine({ env: { TUG_CRASH_TRACE: trace } });
    try {
      await engine.withBusybox();
      rmSync(trace, { force: true });
      await life(engine, port);
      const passed = readFileSync(trace, 'utf8').trim().split('\n');
      const points = [...new Set(passed)].flatMap((name) => {
        const times = passed.filter((other) => other === name).length;
        return times > 1 ? [`${name}#1`, `${name}#${times}`] : [`${name}#1`];
      });
      expect(points.length).toBeGreaterThan(8);
      const seed = Number(process.env.TUG_KILL_SEED ?? Date.now() % 1_000_000);
      const order = shuffled(points, seed);
      const rounds = Number(process.env.TUG_KILL_ROUNDS ?? order.length);
      console.log(`kill: seed ${seed}, ${points.length} points: ${order.join(' ')}`);
      await engine.stop();
      for (let round = 0; round < rounds; round++) {
        const point = order[round % order.length] as string;
        // The client's error when the engine dies under it, or at its start, is expected; that it died is checked next.
        await engine
          .start({ TUG_CRASH_AT: point })
          .then(() => life(engine, port))
          .catch(() => undefined);
        try {
          await engine.died(15_000);
          await engine.start();
          await checkTruth(engine, port);
        } catch (error) {
          throw new Error(
            `after a kill at ${point} (seed ${seed}): ${(error as Error).message}\n${engine.daemonLog().split('\n').slice(-15).join('\n')}`,
            { cause: error },
          );
        }
        await engine.stop();
      }
    } finally {
      const left = await engine.dispose();
      rmSync(dirname(trace), { recursive: true });
      expect(left).toEqual([]);
    }
  }, 1_800_000);
});
