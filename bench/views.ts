import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, type Sides } from './sides.ts';

const many = Number(process.env.TUG_BENCH_CONTAINERS ?? 2000);

/** What an engine tells of many containers, and to many clients; the same client for both sides. */
export async function views(sides: Sides): Promise<void> {
  const [ours, theirs] = await Promise.all([populate(sides.engine.socket), populate(sides.peer)]);
  await ask(sides, `ps -a with ${many} containers that do not run`, ['/containers/json?all=1']);
  await each(sides, 'inspect of 500, one after another', { tug: inspections(ours), docker: inspections(theirs) });
  await crowd(sides);
  await Promise.all([removeAll(sides.engine.socket, ours), removeAll(sides.peer, theirs)]);
  await stats(sides);
}

async function populate(socket: string): Promise<string[]> {
  return inParallel(many, async (at) => {
    const body = { Image: 'busybox', Cmd: ['true'], Labels: { bench: String(at) } };
    return ((await api(socket, 'POST', '/containers/create', body)) as { Id: string }).Id;
  });
}

async function removeAll(socket: string, ids: string[]): Promise<void> {
  await inParallel(ids.length, (at) => api(socket, 'DELETE', `/containers/${ids[at]}?force=1`));
}

/** Eight at a time, results in order. */
async function inParallel<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < count; at = next++) results[at] = await work(at);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}

async function ask(sides: Sides, what: string, paths: string[]): Promise<void> {
  await each(sides, what, { tug: paths, docker: paths });
}

async function each(sides: Sides, what: string, paths: { tug: string[]; docker: string[] }): Promise<void> {
  const figures = await sideBySide(
    { tug: () => getAll(sides.engine.socket, paths.tug), docker: () => getAll(sides.peer, paths.docker) },
    { rounds: 7, pause: 200 },
  );
  report(what, figures as never, 3);
}

/** 500 clients ask at once, each on a connection of its own. */
async function crowd(sides: Sides): Promise<void> {
  const figures = await sideBySide(
    { tug: () => together(sides.engine.socket), docker: () => together(sides.peer) },
    { rounds: 5, pause: 500 },
  );
  report('500 clients at once on /containers/json', figures as never, 1);
}

async function stats(sides: Sides): Promise<void> {
  const [ours, theirs] = [await runFifty(sides.engine.socket), await runFifty(sides.peer)];
  const figures = await sideBySide(
    { tug: () => statsOf(sides.engine.socket, ours), docker: () => statsOf(sides.peer, theirs) },
    { rounds: 7, pause: 400 },
  );
  report('stats of 50, each once', figures as never, 3);
  await Promise.all([removeAll(sides.engine.socket, ours), removeAll(sides.peer, theirs)]);
}

const inspections = (ids: string[]) => ids.slice(0, 500).map((id) => `/containers/${id}/json`);

async function getAll(socket: string, all: string[]): Promise<void> {
  for (const path of all) await api(socket, 'GET', path);
}

async function together(socket: string): Promise<void> {
  await Promise.all(Array.from({ length: 500 }, () => api(socket, 'GET', '/containers/json')));
}

function runFifty(socket: string): Promise<string[]> {
  return inParallel(50, async () => {
    const body = { Image: 'busybox', Cmd: ['sleep', '3600'] };
    const { Id } = (await api(socket, 'POST', '/containers/create', body)) as { Id: string };
    await api(socket, 'POST', `/containers/${Id}/start`);
    return Id;
  });
}

async function statsOf(socket: string, ids: string[]): Promise<void> {
  await Promise.all(ids.map((id) => api(socket, 'GET', `/containers/${id}/stats?stream=0&one-shot=1`)));
}
