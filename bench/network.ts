import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from '../test/support/command.ts';
import { load, median, sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, type Sides } from './sides.ts';

const rounds = 9;
const published = { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } };

/** What the network costs a start and a stop, and what goes through a published port. */
export async function network(sides: Sides): Promise<void> {
  await startAndStop(sides);
  await together(sides);
  await traffic(sides);
}

async function create(socket: string, command: string[], hostConfig: object): Promise<string> {
  const body = { Image: 'busybox', Cmd: command, ExposedPorts: { '80/tcp': {} }, HostConfig: hostConfig };
  return ((await api(socket, 'POST', '/containers/create', body)) as { Id: string }).Id;
}

const remove = (socket: string, id: string) => api(socket, 'DELETE', `/containers/${id}?force=1`);

async function cycle(socket: string, id: string): Promise<void> {
  await api(socket, 'POST', `/containers/${id}/start`);
  await api(socket, 'POST', `/containers/${id}/kill`);
  await api(socket, 'POST', `/containers/${id}/wait`);
}

async function startAndStop(sides: Sides): Promise<void> {
  const cost = async (socket: string) => {
    const none = await create(socket, ['sleep', '3600'], { NetworkMode: 'none' });
    const bridge = await create(socket, ['sleep', '3600'], published);
    const figures = await sideBySide(
      { none: () => cycle(socket, none), bridge: () => cycle(socket, bridge) },
      { rounds, pause: 300 },
    );
    await Promise.all([remove(socket, none), remove(socket, bridge)]);
    return (figures.bridge as number) - (figures.none as number);
  };
  const [docker, tug] = [await cost(sides.peer), await cost(sides.engine.socket)];
  report('start+stop with a port, more than with none', { tug, docker }, 10);
}

/** 200 containers with a port each, started side by side. */
async function together(sides: Sides): Promise<void> {
  const start = async (socket: string) => {
    const ids = await Promise.all(Array.from({ length: 200 }, () => create(socket, ['sleep', '3600'], published)));
    const before = performance.now();
    await Promise.all(ids.map((id) => api(socket, 'POST', `/containers/${id}/start`)));
    const took = performance.now() - before;
    for (const id of ids) await remove(socket, id);
    return took;
  };
  report(
    '200 containers with ports side by side',
    { docker: await start(sides.peer), tug: await start(sides.engine.socket) },
    8,
  );
}

interface Inspected {
  NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
}

async function traffic(sides: Sides): Promise<void> {
  const bytes = 1 << 30;
  const measure = async (socket: string, namespace: string[], what: string, server: string[]) => {
    const id = await create(socket, server, published);
    await api(socket, 'POST', `/containers/${id}/start`);
    const inspected = (await api(socket, 'GET', `/containers/${id}/json`)) as Inspected;
    const port = inspected.NetworkSettings.Ports['80/tcp']?.[0]?.HostPort ?? '';
    const talk = [...namespace, process.execPath, join(import.meta.dirname, 'talk.ts'), what, '127.0.0.1', port];
    const figures: number[] = [];
    for (let round = 0; round < 5; round++) {
      await Bun.sleep(300);
      figures.push(Number(await must([...talk, what === 'push' ? String(bytes) : '5000'])));
    }
    await remove(socket, id);
    return median(figures);
  };
  // The other engine publishes its ports in a network namespace of its own.
  const pid = readFileSync(join(dirname(sides.peer), 'docker.pid'), 'utf8').trim();
  const theirs = ['nsenter', '-t', pid, '-n'];
  const sink = ['nc', '-lk', '-p', '80', '-e', 'sh', '-c', 'cat >/dev/null'];
  const echo = ['nc', '-lk', '-p', '80', '-e', 'cat'];
  for (const [what, name, server] of [
    ['push', '1 GB through a published port', sink],
    ['ping', '5,000 round trips through a published port', echo],
  ] as const) {
    const docker = await measure(sides.peer, theirs, what, [...server]);
    const tug = await measure(sides.engine.socket, [], what, [...server]);
    report(name, { tug, docker }, 1);
  }
  console.log(`load ${load()}`);
}
