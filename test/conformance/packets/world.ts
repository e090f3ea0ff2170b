import { join } from 'node:path';
import { must, run } from '../../support/command.ts';
import { busyboxTar } from '../../support/image.ts';
import { makeNetns, type Netns } from '../../support/netns.ts';
import { type Asked, addressesOf, boxes, hostPort, networks, outside, unpublished } from './plan.ts';

const echo = join(import.meta.dirname, '../../support/echo.ts');
const image = `packets-${process.pid}`;

/** An engine and the network namespace that is its host. */
export interface Ground {
  socket: string;
  /** What a program is put behind to run on that host. */
  onHost: string[];
}

/** The networks and containers of the plan on one engine, a machine outside, and programs that answer everywhere. */
export interface World {
  /** What each question is answered from one place of the plan: a name and the address that was seen, or nothing. */
  ask(from: string, questions: Asked[]): Promise<(string | null)[]>;
  dispose(): Promise<void>;
}

export async function makeWorld({ socket, onHost }: Ground): Promise<World> {
  const servers: Bun.Subprocess[] = [];
  const prefixes = new Map<string, string[]>([['host', onHost]]);
  const made: string[] = [];
  let beyond: Netns | undefined;
  const api = (method: string, path: string, body?: object) => request(socket, method, path, body);
  const answerIn = async (name: string, ...ports: number[]): Promise<void> => {
    const command = [...(prefixes.get(name) ?? []), process.execPath, echo, 'serve', name, ...ports.map(String)];
    const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' });
    servers.push(server);
    await server.stdout.getReader().read();
  };
  const world: World = {
    async ask(from, questions) {
      const command = [...(prefixes.get(from) ?? []), process.execPath, echo, 'ask', JSON.stringify(questions)];
      return JSON.parse(await must(command, { env: { TUG_PATIENCE: '1500' } }));
    },
    async dispose() {
      for (const server of servers) server.kill('SIGKILL');
      await Promise.all(servers.map((server) => server.exited));
      for (const path of made.toReversed()) await api('DELETE', path).catch(() => undefined);
      await beyond?.remove();
    },
  };
  try {
    beyond = await makeNetns(`out${process.pid}${onHost.length}`);
    await wireOutside(beyond, onHost);
    prefixes.set('outside', ['ip', 'netns', 'exec', beyond.name]);
    await importImage(socket);
    made.push(`/images/${image}?force=1`);
    for (const [name, body] of Object.entries(networks)) {
      made.push(`/networks/${name}`);
      await api('POST', '/networks/create', body);
    }
    for (const [name, box] of Object.entries(boxes)) {
      made.push(`/containers/${name}-${process.pid}?force=1`);
      await api('POST', `/containers/create?name=${name}-${process.pid}`, box.body(image));
      await api('POST', `/containers/${name}-${process.pid}/start`);
      const found = (await api('GET', `/containers/${name}-${process.pid}/json`)) as { State: { Pid: number } };
      prefixes.set(name, ['nsenter', '-t', String(found.State.Pid), '-n']);
      await answerIn(name, 80, unpublished);
    }
    await answerIn('host', hostPort);
    await answerIn('outside', 80);
  } catch (error) {
    await world.dispose();
    throw error;
  }
  return world;
}

/** Puts a machine one hop from the host, with a way to everything behind it. */
async function wireOutside(netns: Netns, onHost: string[]): Promise<void> {
  const { host } = addressesOf;
  const link = `pk${process.pid}`;
  const here = (...command: string[]) => must([...onHost, ...command]);
  const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name];
  await here('ip', 'link', 'add', link, ...peer);
  await here('ip', 'address', 'add', `${host.v4}/24`, 'dev', link);
  await here('ip', 'address', 'add', `${host.v6}/64`, 'dev', link, 'nodad');
  await here('ip', 'link', 'set', link, 'up');
  await netns.exec('ip', 'address', 'add', `${outside.v4}/24`, 'dev', 'eth0');
  await netns.exec('ip', 'address', 'add', `${outside.v6}/64`, 'dev', 'eth0', 'nodad');
  for (const link of ['lo', 'eth0']) await netns.exec('ip', 'link', 'set', link, 'up');
  for (const via of [host.v4, host.v6]) await netns.exec('ip', 'route', 'add', 'default', 'via', via);
}

async function importImage(socket: string): Promise<void> {
  const tar = await busyboxTar();
  const { code, stderr } = await run(['docker', '-H', `unix://${socket}`, 'import', tar, image]);
  await must(['rm', tar]);
  if (code !== 0) throw new Error(stderr);
}

async function request(socket: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://engine${path}`, {
    unix: socket,
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  const text = await response.text();
  if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
