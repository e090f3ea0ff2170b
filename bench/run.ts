// `make bench`: the figures of docs/performance.md, ours and a real Docker's in one run.
import { readdirSync, readFileSync } from 'node:fs';
import { builds } from './build.ts';
import { copies, logs } from './bulk.ts';
import { events } from './events.ts';
import { images } from './images.ts';
import { life } from './life.ts';
import { median, sideBySide } from './measure.ts';
import { network, onePortMore } from './network.ts';
import { report } from './report.ts';
import { api, memory, quietly, type Sides, startSides, tug } from './sides.ts';
import { lists, stats } from './views.ts';
import { volumes } from './volumes.ts';

const rounds = Number(process.env.TUG_BENCH_ROUNDS ?? 15);
const pause = Number(process.env.TUG_BENCH_PAUSE ?? 400);

async function runs(sides: Sides): Promise<void> {
  const ours = sides.engine.host;
  const theirs = `unix://${sides.peer}`;
  const command = ['run', '--rm', 'busybox', 'true'];
  const own = await sideBySide(
    { tug: () => quietly([tug, ...command], ours), docker: () => quietly(['docker', ...command], theirs) },
    { rounds, pause },
  );
  report('run --rm on the bridge, each its own CLI', own as never, 12);
  const same = await sideBySide(
    { tug: () => quietly(['docker', ...command], ours), docker: () => quietly(['docker', ...command], theirs) },
    { rounds, pause },
  );
  report("run --rm on the bridge, docker's CLI for both", same as never, 6);
}

async function execs(sides: Sides): Promise<void> {
  const ours = sides.engine.host;
  const theirs = `unix://${sides.peer}`;
  const name = `bench-exec-${process.pid}`;
  await quietly([tug, 'run', '-d', '--name', name, 'busybox', 'sleep', '3600'], ours);
  await quietly(['docker', 'run', '-d', '--name', name, 'busybox', 'sleep', '3600'], theirs);
  const figures = await sideBySide(
    {
      tug: () => quietly([tug, 'exec', name, 'true'], ours),
      docker: () => quietly(['docker', 'exec', name, 'true'], theirs),
    },
    { rounds, pause },
  );
  report('exec, each its own CLI', figures as never, 5);
  await api(sides.engine.socket, 'DELETE', `/containers/${name}?force=1`);
  await api(sides.peer, 'DELETE', `/containers/${name}?force=1`);
}

/** As many containers of an engine as are started at once; made anew, and taken away, by whoever measures. */
function fifty(socket: string) {
  let ids: string[] = [];
  const make = async (): Promise<string> => {
    const body = { Image: 'busybox', Cmd: ['sleep', '3600'] };
    return ((await api(socket, 'POST', '/containers/create', body)) as { Id: string }).Id;
  };
  return {
    async make() {
      ids = await Promise.all(Array.from({ length: 50 }, make));
    },
    async start() {
      await Promise.all(ids.map((id) => api(socket, 'POST', `/containers/${id}/start`)));
    },
    async remove() {
      for (const id of ids) await api(socket, 'DELETE', `/containers/${id}?force=1`);
    },
  };
}

async function many(sides: Sides): Promise<void> {
  const both = { tug: fifty(sides.engine.socket), docker: fifty(sides.peer) };
  const of = (side: string) => both[side as keyof typeof both];
  const figures = await sideBySide(
    { tug: both.tug.start, docker: both.docker.start },
    { rounds: 5, pause: 1000, before: (side) => of(side).make(), after: (side) => of(side).remove() },
  );
  report('50 containers started side by side', figures as never, 8);
  await both.tug.make();
  await both.tug.start();
  const shims = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentIs(name, sides.engine.pid()))
    .map((pid) => memory(Number(pid), 'smaps_rollup', 'Pss'));
  console.log(`PSS of a shim, median of ${shims.length}: ${median(shims)} kB (goal < 1,536)`);
  const rss = () => memory(sides.engine.pid(), 'status', 'VmRSS');
  const atOnce = rss();
  await Bun.sleep(6000);
  console.log(
    `RSS of the engine with 50 containers: ${rss()} kB (goal < 81,920); at once after their start: ${atOnce} kB`,
  );
  await both.tug.remove();
}

function parentIs(pid: string, parent: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${parent}\n`);
  } catch {
    return false; // it has gone meanwhile
  }
}

async function boot(sides: Sides): Promise<void> {
  const figures: number[] = [];
  for (let round = 0; round < 7; round++) {
    await sides.engine.stop();
    await Bun.sleep(pause);
    const start = performance.now();
    await sides.engine.start();
    figures.push(performance.now() - start);
  }
  console.log(
    `engine boot to first answer, median of ${figures.length}: ${median(figures).toFixed(0)} ms (goal < 150)`,
  );
}

const sides = await startSides();
if (sides === undefined) {
  console.log('bench: no real Docker to measure against on this machine; nothing was measured');
  process.exit(0);
}
/** Parts by name; `TUG_BENCH=start,views` measures those alone, and a part of a part by its own name. */
const parts: Record<string, ((sides: Sides) => Promise<void>)[]> = {
  start: [runs, execs, many, boot],
  views: [lists, stats, events],
  bulk: [logs, copies],
  network: [network],
  volumes: [volumes],
  images: [images],
  build: [builds],
  life: [life],
};
const alone: typeof parts = {
  run: [runs],
  exec: [execs],
  many: [many],
  boot: [boot],
  lists: [lists],
  stats: [stats],
  events: [events],
  logs: [logs],
  copies: [copies],
  port: [onePortMore],
};
const wanted = process.env.TUG_BENCH?.split(',') ?? Object.keys(parts);
try {
  for (const name of wanted) for (const measure of parts[name] ?? alone[name] ?? []) await measure(sides);
} finally {
  await sides.close();
}
