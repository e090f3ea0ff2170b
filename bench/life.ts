import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, run, until } from '../test/support/command.ts';
import { busyboxTar } from '../test/support/image.ts';
import { median, sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, inParallel, type Sides } from './sides.ts';

/** The end of many containers, and an engine that comes up to many. */
export async function life(sides: Sides): Promise<void> {
  await stopAndRemove(sides);
  await boots(sides);
}

const hundred = 100;

/** As a script does it that tears a project down: all at once, each stopped and then removed. */
async function stopAndRemove({ engine, peer }: Sides): Promise<void> {
  const sockets: Record<string, string> = { tug: engine.socket, docker: peer };
  let ids: string[] = [];
  const spent: number[] = [];
  let before = 0;
  const figures = await sideBySide(
    {
      tug: () => end(engine.socket, ids),
      docker: () => end(peer, ids),
    },
    {
      rounds: Number(process.env.TUG_BENCH_ROUNDS ?? 3),
      pause: 2000,
      async before(name) {
        ids = await inParallel(hundred, () => started(sockets[name] ?? ''));
        before = processorTime(engine.pid());
      },
      after: async (name) => name === 'tug' && spent.push(processorTime(engine.pid()) - before),
    },
  );
  report(`${hundred} containers stopped and removed`, figures as never, 5);
  console.log(`processor time of the engine for them, with what clears up: ${median(spent).toFixed(0)} ms`);
}

async function started(socket: string): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sleep', '3600'], StopSignal: 'SIGKILL' };
  const { Id } = (await api(socket, 'POST', '/containers/create', body)) as { Id: string };
  await api(socket, 'POST', `/containers/${Id}/start`);
  return Id;
}

async function end(socket: string, ids: string[]): Promise<void> {
  const one = async (id: string) => {
    await api(socket, 'POST', `/containers/${id}/stop`);
    await api(socket, 'DELETE', `/containers/${id}`);
  };
  await Promise.all(ids.map(one));
}

/** Of a process, in milliseconds. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const script = join(import.meta.dirname, '../test/peers/dockerd.sh');

/** A real Docker of the bench's own: the other one is everybody's, and is not restarted. */
async function bootsOfDocker(count: number, rounds: number): Promise<{ wall: number[]; spent: number[] }> {
  const env = { PEER_NAME: `boot${process.pid}` };
  const start = async () => (await must([script, 'start'], { env, timeout: 600_000 })).replace('unix://', '');
  const socket = await start();
  const stop = () => must([script, 'stop'], { env, timeout: 60_000 });
  const tar = await busyboxTar();
  await must(['docker', '-H', `unix://${socket}`, 'import', tar, 'busybox:latest']);
  rmSync(tar);
  try {
    await created(socket, count);
    const figures = { wall: [] as number[], spent: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      await stop();
      await Bun.sleep(2000);
      const begin = performance.now();
      await start();
      figures.wall.push(performance.now() - begin);
      figures.spent.push(processorTime(Number(readFileSync(join(dirname(socket), 'docker.pid'), 'utf8'))));
    }
    return figures;
  } finally {
    await stop();
    await run(['ip', 'netns', 'del', `tugpeer-${env.PEER_NAME}`]);
    await until('its files are gone', async () => (await run(['rm', '-rf', dirname(socket)])).code === 0);
    // Where its directory was bound in the root it shares.
    await run(['rmdir', join(dirname(dirname(socket)), 'sid', dirname(socket))]);
  }
}

async function created(socket: string, count: number): Promise<void> {
  await inParallel(count, () => api(socket, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['true'] }));
}

async function boots({ engine }: Sides): Promise<void> {
  const count = Number(process.env.TUG_BENCH_CONTAINERS ?? 1000);
  const rounds = 5;
  await created(engine.socket, count);
  const ours = { wall: [] as number[], spent: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await engine.stop();
    await Bun.sleep(2000);
    const begin = performance.now();
    await engine.start();
    ours.wall.push(performance.now() - begin);
    ours.spent.push(processorTime(engine.pid()));
  }
  const theirs = await bootsOfDocker(count, rounds);
  const what = `boot of the engine with ${count} containers`;
  report(what, { tug: median(ours.wall), docker: median(theirs.wall) }, 5);
  report('the same, processor time', { tug: median(ours.spent), docker: median(theirs.spent) }, 5);
  await api(engine.socket, 'POST', '/containers/prune');
}
