import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, inParallel, quietly, type Sides, tug } from './sides.ts';

const many = Number(process.env.TUG_BENCH_CONTAINERS ?? 2000);

/** What an engine tells of many containers, and to many clients. */
export async function lists(sides: Sides): Promise<void> {
  const [ours, theirs] = await Promise.all([populate(sides.engine.socket), populate(sides.peer)]);
  const list = ['ps', '-a'];
  await ask(sides, `ps -a with ${many} that do not run`, { tug: list, docker: list });
  const inspect = (ids: string[]) => ['inspect', ...ids.slice(0, 500)];
  await ask(sides, 'inspect of 500', { tug: inspect(ours), docker: inspect(theirs) });
  await crowd(sides);
  await Promise.all([removeAll(sides.engine.socket, ours), removeAll(sides.peer, theirs)]);
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

/** A command of each side's own CLI, on its own containers. */
async function ask(sides: Sides, what: string, words: { tug: string[]; docker: string[] }): Promise<void> {
  const figures = await sideBySide(
    {
      tug: () => quietly([tug, ...words.tug], sides.engine.host),
      docker: () => quietly(['docker', ...words.docker], `unix://${sides.peer}`),
    },
    { rounds: 7, pause: 200 },
  );
  report(`${what}, each its own CLI`, figures as never, 3);
}

/** 500 clients ask at once, each on a connection of its own. */
async function crowd(sides: Sides): Promise<void> {
  const figures = await sideBySide(
    { tug: () => together(sides.engine.socket), docker: () => together(sides.peer) },
    { rounds: 5, pause: 500 },
  );
  report('500 clients at once on /containers/json', figures as never, 1);
}

/** What 50 running containers use. */
export async function stats(sides: Sides): Promise<void> {
  const [ours, theirs] = [await runFifty(sides.engine.socket), await runFifty(sides.peer)];
  const figures = await sideBySide(
    { tug: () => statsOf(sides.engine.socket, ours), docker: () => statsOf(sides.peer, theirs) },
    { rounds: 7, pause: 400 },
  );
  report('stats of 50, each once, the same client', figures as never, 1);
  const once = (ids: string[]) => ['stats', '--no-stream', ...ids];
  await ask(sides, 'stats of 50', { tug: once(ours), docker: once(theirs) });
  await Promise.all([removeAll(sides.engine.socket, ours), removeAll(sides.peer, theirs)]);
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
