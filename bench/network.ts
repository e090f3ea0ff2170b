import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from '../test/support/command.ts';
import { makeNetns, type Netns } from '../test/support/netns.ts';
import { load, median, sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, inParallel, type Sides, startOurs } from './sides.ts';

const published = { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] } };
const talk = join(import.meta.dirname, 'talk.ts');

/** What the network costs a start and a stop, and what goes through a published port. */
export async function network(sides: Sides): Promise<void> {
  await startAndStop(sides);
  await onePortMore(sides);
  await together(sides);
  await traffic(sides);
}

async function create(socket: string, hostConfig: object): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sleep', '3600'], ExposedPorts: { '80/tcp': {} }, HostConfig: hostConfig };
  return ((await api(socket, 'POST', '/containers/create', body)) as { Id: string }).Id;
}

const remove = (socket: string, id: string) => api(socket, 'DELETE', `/containers/${id}?force=1`);

async function cycle(socket: string, id: string): Promise<void> {
  await api(socket, 'POST', `/containers/${id}/start`);
  await api(socket, 'POST', `/containers/${id}/kill`);
  await api(socket, 'POST', `/containers/${id}/wait`);
}

/** All four in turn, so that whatever else the machine does meets each of them. */
async function startAndStop(sides: Sides): Promise<void> {
  const [ours, theirs] = [sides.engine.socket, sides.peer];
  const bare = { NetworkMode: 'none' };
  const [none, bridge] = [await create(ours, bare), await create(ours, published)];
  const [theirNone, theirBridge] = [await create(theirs, bare), await create(theirs, published)];
  const { tugNone, tug, dockerNone, docker } = (await sideBySide(
    {
      tugNone: () => cycle(ours, none),
      tug: () => cycle(ours, bridge),
      dockerNone: () => cycle(theirs, theirNone),
      docker: () => cycle(theirs, theirBridge),
    },
    { rounds: 21, pause: 200 },
  )) as Record<'tugNone' | 'tug' | 'dockerNone' | 'docker', number>;
  await Promise.all([remove(ours, none), remove(ours, bridge), remove(theirs, theirNone), remove(theirs, theirBridge)]);
  console.log(
    `start+stop: none ${tugNone.toFixed(1)} and ${dockerNone.toFixed(1)} ms, bridge and a port ${tug.toFixed(1)} and ${docker.toFixed(1)} ms`,
  );
  // Below a tenth of a millisecond the difference is the noise of the two medians.
  const figures = { tug: Math.max(0.1, tug - tugNone), docker: docker - dockerNone };
  report('start+stop with a port, more than with none', figures, 10);
}

/** What all threads of a process have had of the processors, in milliseconds. */
function processorTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) =>
    readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8'),
  );
  return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}

/**
 * The request as a whole, without what one that does nothing takes, and without the one wait for the disk: as much as writing a page and
 * waiting for it takes at that moment. An engine that has just begun has compiled nothing yet; one that has been at work for a while has.
 */
export async function onePortMore({ engine }: Sides): Promise<void> {
  const { socket, directory } = engine;
  const id = await create(socket, {});
  await api(socket, 'POST', `/containers/${id}/start`);
  const timed = async (work: () => unknown) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const change = (what: string) => {
    const body = { [what]: { '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } };
    return api(socket, 'POST', `/tug/containers/${id}/ports`, body);
  };
  const page = Buffer.alloc(4096, 'x');
  const file = openSync(join(directory, 'page'), 'w');
  const [adding, nothing, waiting]: [number[], number[], number[]] = [[], [], []];
  const worked: number[] = [];
  for (let round = 0; round < 500; round++) {
    nothing.push(await timed(() => quiet(socket)));
    const before = processorTime(engine.pid());
    adding.push(await timed(() => change('Publish')));
    worked.push(processorTime(engine.pid()) - before);
    await change('Unpublish');
    waiting.push(
      await timed(() => {
        writeSync(file, page);
        fdatasyncSync(file);
      }),
    );
  }
  closeSync(file);
  await remove(socket, id);
  for (const [when, from, to] of [
    ['the first hundred times', 0, 100],
    ['the last hundred of five', -100, 500],
  ] as const) {
    const [whole = 0, empty = 0, disk = 0, work = 0] = [adding, nothing, waiting, worked].map((all) =>
      median(all.slice(from, to)),
    );
    console.log(
      `one port more of a running container, ${when}: ${(whole - empty - disk).toFixed(2)} ms in the engine (goal < 1), which works for ` +
        `${work.toFixed(2)}; with request and answer (${empty.toFixed(2)}) and the wait for the disk (${disk.toFixed(2)}) ` +
        `${whole.toFixed(2)} ms   load ${load()}`,
    );
  }
}

/** 200 containers with a port each, started side by side; then as many without. */
async function together(sides: Sides): Promise<void> {
  const start = async (socket: string, hostConfig: object) => {
    const ids = await inParallel(200, () => create(socket, hostConfig));
    const before = performance.now();
    await Promise.all(ids.map((id) => api(socket, 'POST', `/containers/${id}/start`)));
    const took = performance.now() - before;
    await inParallel(ids.length, (at) => remove(socket, ids[at] as string));
    return took;
  };
  const docker = await start(sides.peer, published);
  const tug = await start(sides.engine.socket, published);
  report('200 containers with ports side by side', { docker, tug }, 8);
  const bare = await start(sides.engine.socket, { NetworkMode: 'none' });
  console.log(`200 containers side by side without a network: tug ${bare.toFixed(1)} ms   load ${load()}`);
}

interface Inspected {
  State: { Pid: number };
  NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
}

/** A container with a server at its port, and clients on its host and one hop beyond. */
interface Line {
  port: string;
  /** By the client's place, how to run there and where the port is. */
  clients: Record<string, { prefix: string[]; address: string }>;
  end(): Promise<void>;
}

async function layLine(socket: string, onHost: string[], number: number): Promise<Line> {
  const id = await create(socket, published);
  await api(socket, 'POST', `/containers/${id}/start`);
  const { State, NetworkSettings } = (await api(socket, 'GET', `/containers/${id}/json`)) as Inspected;
  const inside = ['nsenter', '-t', String(State.Pid), '-n'];
  const server = Bun.spawn([...inside, process.execPath, talk, 'serve', '0.0.0.0', '80'], { stdout: 'pipe' });
  await server.stdout.getReader().read();
  const outside = await makeNetns(`bench${process.pid}${number}`);
  const address = `198.18.${number}.1`;
  await wireOutside(outside, onHost, address);
  return {
    port: NetworkSettings.Ports['80/tcp']?.[0]?.HostPort ?? '',
    clients: {
      'on the host': { prefix: onHost, address: '127.0.0.1' },
      outside: { prefix: ['ip', 'netns', 'exec', outside.name], address },
    },
    async end() {
      server.kill('SIGKILL');
      await remove(socket, id);
      await outside.remove();
    },
  };
}

async function wireOutside(outside: Netns, onHost: string[], address: string): Promise<void> {
  const link = `bn${process.pid}${address.split('.')[2]}`;
  const far = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', outside.name];
  await must([...onHost, 'ip', 'link', 'add', link, ...far]);
  await must([...onHost, 'ip', 'address', 'add', `${address}/24`, 'dev', link]);
  await must([...onHost, 'ip', 'link', 'set', link, 'up']);
  await outside.exec('ip', 'address', 'add', `${address.replace(/1$/, '2')}/24`, 'dev', 'eth0');
  await outside.exec('ip', 'link', 'set', 'eth0', 'up');
}

async function traffic(sides: Sides): Promise<void> {
  // The other engine publishes its ports in a network namespace of its own.
  const pid = readFileSync(join(dirname(sides.peer), 'docker.pid'), 'utf8').trim();
  const docker = await layLine(sides.peer, ['nsenter', '-t', pid, '-n'], 201);
  // So does this one: on the machine's own there may be other engines' firewalls.
  const netns = await makeNetns(`bench${process.pid}`);
  await netns.exec('ip', 'link', 'set', 'lo', 'up');
  const engine = await startOurs({ netns: netns.name });
  await engine.withBusybox();
  const tug = await layLine(engine.socket, ['ip', 'netns', 'exec', netns.name], 202);
  const through = async ({ port, clients }: Line, place: string, what: string, amount: number) => {
    const { prefix = [], address = '' } = clients[place] ?? {};
    return Number(await must([...prefix, process.execPath, talk, what, address, port, String(amount)]));
  };
  const kinds: [what: string, name: string, amount: number][] = [
    ['push', '1 GB through a published port', 1 << 30],
    ['ping', '5,000 round trips through a published port', 5000],
  ];
  try {
    for (const [what, name, amount] of kinds) {
      for (const place of Object.keys(tug.clients)) {
        const figures: { tug: number[]; docker: number[] } = { tug: [], docker: [] };
        for (let round = 0; round < 9; round++) {
          figures.tug.push(await through(tug, place, what, amount));
          figures.docker.push(await through(docker, place, what, amount));
        }
        report(`${name}, client ${place}`, { tug: median(figures.tug), docker: median(figures.docker) }, 1);
      }
    }
  } finally {
    await tug.end();
    await docker.end();
    await engine.dispose();
    await netns.remove();
  }
}

/** A request that does nothing; its answer is no JSON. */
const quiet = async (socket: string): Promise<void> =>
  void (await (await fetch('http://engine/_ping', { unix: socket })).text());
