// The engine is killed at every step of a change, a snapshot and a rollback: the container is then what it was or what was asked, whole.
import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createRandom } from '../support/random.ts';

interface Inspect {
  State: { Status: string };
  Config: { Env: string[] | null };
}

/** How far a life has come. */
type Step = 'made' | 'changing' | 'changed' | 'writing' | 'stopping' | 'stopped' | 'end';

async function ask(engine: Engine, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await engine.request(method, path, body);
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text === '' ? undefined : answer.json();
}

async function execute(engine: Engine, command: string): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(['exec', 'web', 'sh', '-c', command]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function life(engine: Engine, at: (step: Step) => void): Promise<void> {
  const body = { Image: 'busybox', Cmd: ['sleep', '1000'], StopSignal: 'KILL' };
  await ask(engine, 'POST', '/containers/create?name=web', body);
  await ask(engine, 'POST', '/containers/web/start');
  await execute(engine, 'echo old >/state');
  at('made');
  at('changing');
  const mounts = [{ Type: 'volume', Source: 'added', Target: '/added' }];
  await ask(engine, 'POST', '/tug/containers/web/config', { Env: ['NEW=2'], Mounts: mounts, Restart: true });
  at('changed');
  await ask(engine, 'POST', '/tug/containers/web/snapshots', { Name: 'one' });
  at('writing');
  await execute(engine, 'echo new >/state; echo x >/more');
  at('stopping');
  await ask(engine, 'POST', '/containers/web/stop');
  at('stopped');
  await ask(engine, 'POST', '/tug/containers/web/rollback?snapshot=one');
  await ask(engine, 'DELETE', '/tug/containers/web/snapshots?snapshot=one');
  at('end');
  await ask(engine, 'DELETE', '/containers/web?force=1');
  await ask(engine, 'DELETE', '/volumes/added');
}

/** What must hold of the container after a kill at that step. */
async function check(engine: Engine, step: Step | undefined): Promise<void> {
  const present = (await engine.request('GET', '/containers/web/json')).status === 200;
  if (present && step !== undefined) {
    const inspect = async () => (await ask(engine, 'GET', '/containers/web/json')) as Inspect;
    // It ran, and nobody wanted it to end.
    if (['made', 'changing', 'changed', 'writing'].includes(step)) {
      await until('it runs', async () => (await inspect()).State.Status === 'running', 20_000);
    } else {
      await engine.request('POST', '/containers/web/start');
    }
    const isNew = (await inspect()).Config.Env?.includes('NEW=2') ?? false;
    if (step !== 'changing') expect(isNew).toBe(step !== 'made');
    // Its process is what is told of it: both parts of the change, or none.
    expect(await execute(engine, 'echo $NEW; ls -d /added 2>/dev/null || true')).toBe(isNew ? '2\n/added' : '');
    const state = await execute(engine, 'cat /state; ls /more 2>/dev/null || true');
    expect(['old', 'new', 'new\n/more']).toContain(state);
    if (['made', 'changing', 'changed'].includes(step)) expect(state).toBe('old');
    if (step === 'stopping') expect(state).toBe('new\n/more');
    if (step === 'end') expect(state).toBe('old');
    await checkSnapshots(engine);
  }
  await engine.request('DELETE', '/containers/web?force=1');
  await engine.request('DELETE', '/volumes/added');
}

async function checkSnapshots(engine: Engine): Promise<void> {
  const listed = (await ask(engine, 'GET', '/tug/containers/web/snapshots')) as { Name: string }[];
  const base = join(engine.directory, 'data/overlay2');
  const [id] = readdirSync(join(base, 'frozen'));
  const trees = id === undefined ? [] : readdirSync(join(base, 'frozen', id));
  expect(trees).toEqual(listed.map(({ Name }) => Name));
  for (const { Name } of listed) {
    expect(readFileSync(join(base, 'frozen', id ?? '', Name, 'diff/state'), 'utf8')).toBe('old\n');
    expect(existsSync(join(base, 'frozen', id ?? '', Name, 'diff/more'))).toBe(false);
  }
}

const own = /^(container\.(changed|remade|snapshot(Taken|Forgotten))|snapshot\.(frozen|thawed))/;

test('the next start finishes or undoes it', async () => {
  const trace = join(mkdtempSync(join(tmpdir(), 'tug-trace-')), 'points');
  const engine = await startEngine({ env: { TUG_CRASH_TRACE: trace } });
  try {
    await engine.withBusybox();
    rmSync(trace, { force: true });
    await life(engine, () => undefined);
    const passed = readFileSync(trace, 'utf8').trim().split('\n');
    const all = [...new Set(passed)].map((name) => `${name}#1`);
    const seed = Number(process.env.TUG_KILL_SEED ?? Date.now() % 1_000_000);
    const mine = all.filter((point) => own.test(point));
    expect(mine.length).toBeGreaterThanOrEqual(9);
    const random = createRandom(seed);
    const others = [...all, ...all.map((point) => point.replace('#1', '#2'))].filter((point) => !mine.includes(point));
    const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 2);
    const points = [...mine, ...Array.from({ length: rounds }, () => random.pick(others))];
    console.log(`changes-kill: seed ${seed}: ${points.join(' ')}`);
    await engine.stop();
    for (const point of points) {
      let step: Step | undefined;
      const lived = await engine
        .start({ TUG_CRASH_AT: point })
        .then(() => life(engine, (at) => (step = at)))
        .then(
          () => true,
          () => false,
        );
      try {
        // A second pass there may be none of.
        if (lived && point.endsWith('#2')) await engine.kill();
        else await engine.died(15_000);
        await engine.start();
        await check(engine, step);
      } catch (error) {
        throw new Error(
          `after a kill at ${point} (seed ${seed}, ${step}): ${(error as Error).message}\n${engine.daemonLog().split('\n').slice(-15).join('\n')}`,
          { cause: error },
        );
      }
      await engine.stop();
    }
    await engine.start();
    await life(engine, () => undefined);
  } finally {
    const left = await engine.dispose();
    rmSync(dirname(trace), { recursive: true });
    expect(left).toEqual([]);
  }
}, 900_000);
