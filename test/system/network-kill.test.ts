// kill -9 of the engine amid seeded starts, connects, disconnects, stops and removals: the next start has the truth, and nothing is left.
import { expect, test } from 'bun:test';
import { must } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 6);
const names = ['one', 'two', 'three', 'four'];
const networks = ['x', 'y', 'z'];

/** The same numbers for the same seed (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** One thing that a user might do; what is refused is no failure. */
async function act(engine: Engine, random: (below: number) => number): Promise<void> {
  const name = names[random(names.length)];
  const network = networks[random(networks.length)];
  const post = (path: string, body?: object) => engine.request('POST', path, body).catch(() => undefined);
  const remove = (path: string) => engine.request('DELETE', path).catch(() => undefined);
  switch (random(8)) {
    case 0: {
      const bindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] };
      const host = { NetworkMode: network, PortBindings: bindings };
      await post(`/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: host });
      return void (await post(`/containers/${name}/start`));
    }
    case 1:
      return void (await post(`/containers/${name}/start`));
    case 2:
      return void (await post(`/networks/${network}/connect`, { Container: name }));
    case 3:
      return void (await post(`/networks/${network}/disconnect`, { Container: name }));
    case 4:
      return void (await post(`/containers/${name}/stop?t=0`));
    case 5:
      return void (await remove(`/containers/${name}?force=1`));
    case 6:
      return void (await remove(`/networks/${network}`));
    default:
      return void (await post('/networks/create', { Name: network, EnableIPv6: random(2) === 0 }));
  }
}

interface Network {
  Name: string;
  Id: string;
  Driver: string;
  Containers: Record<string, { EndpointID: string }>;
}

interface Inspected {
  Id: string;
  State: { Running: boolean; Pid: number };
  NetworkSettings: {
    Networks: Record<string, { EndpointID: string; IPAddress: string; Gateway: string; IPv6Gateway: string }>;
  };
}

type Endpoints = Inspected['NetworkSettings']['Networks'];

/** The one way out: of a network with IPv6 before one without, then by name. */
function exitOf(networks: Endpoints): string[] {
  const sorted = Object.entries(networks).toSorted(
    ([a, one], [b, other]) => Number(other.IPv6Gateway !== '') - Number(one.IPv6Gateway !== '') || (a < b ? -1 : 1),
  );
  return sorted.slice(0, 1).map(([, { Gateway }]) => Gateway);
}

/** What the engine says and what the kernel has must be the same. */
async function agree(engine: Engine): Promise<void> {
  const get = async <T>(path: string) => (await engine.request('GET', path)).json() as T;
  const listed = await get<Network[]>('/networks?filters={"driver":["bridge"]}');
  const all = await Promise.all(listed.map(({ Id }) => get<Network>(`/networks/${Id}`)));
  const bridges = new Map(all.map(({ Id, Name }) => [Name === 'bridge' ? engine.bridge : `br-${Id.slice(0, 12)}`, Id]));
  const links = (await must(['ip', '-j', '-d', 'link'])).trim();
  const kernel = JSON.parse(links) as { ifname: string; ifalias?: string; master?: string }[];
  const ours = kernel.filter(({ ifalias }) => ifalias === `tug ${engine.bridge}`).map(({ ifname }) => ifname);
  expect(ours.toSorted()).toEqual([...bridges.keys()].toSorted());
  const containers = await get<{ Id: string }[]>('/containers/json');
  const inspected = await Promise.all(containers.map(({ Id }) => get<Inspected>(`/containers/${Id}/json`)));
  const endpoints = inspected.flatMap(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks).map(({ EndpointID }) => `veth${EndpointID.slice(0, 7)}`),
  );
  const ports = kernel.filter(({ master }) => master !== undefined && bridges.has(master)).map(({ ifname }) => ifname);
  expect(ports.toSorted()).toEqual(endpoints.toSorted());
  const known = all.flatMap(({ Containers }) => Object.values(Containers).map(({ EndpointID }) => EndpointID));
  expect(known.map((id) => `veth${id.slice(0, 7)}`).toSorted()).toEqual(endpoints.toSorted());
  for (const { State, NetworkSettings } of inspected) {
    const addresses = await must(['nsenter', '-t', String(State.Pid), '-n', 'ip', '-o', '-4', 'address']);
    const inside = [...addresses.matchAll(/eth\d+ +inet ([\d.]+)/g)].map(([, ip]) => ip);
    const wanted = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
    expect(inside.toSorted()).toEqual(wanted.toSorted());
    const routes = await must(['nsenter', '-t', String(State.Pid), '-n', 'ip', 'route']);
    const ways = [...routes.matchAll(/^default via (\S+)/gm)].map(([, ip]) => ip ?? '');
    expect(ways).toEqual(exitOf(NetworkSettings.Networks));
  }
  const table = await must(['nft', 'list', 'table', 'inet', `tug_${engine.bridge}`]);
  const targets = [...table.matchAll(/: ([\d.]+) \. 80/g)].map(([, ip]) => ip);
  const addresses = inspected.flatMap(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
  );
  for (const target of targets) expect(addresses).toContain(target as string);
}

test(`${rounds} times kill -9 amid seeded changes of networks`, async () => {
  const engine = await startEngine();
  let left: string[] = [];
  const seed = Number(process.env.TUG_SEED ?? Date.now() % 100_000);
  const random = seeded(seed);
  try {
    await engine.withBusybox();
    for (const Name of networks) await engine.request('POST', '/networks/create', { Name });
    for (let round = 0; round < rounds; round++) {
      const working = Promise.all(
        Array.from({ length: 3 }, async () => {
          for (let step = 0; step < 12; step++) await act(engine, random);
        }),
      );
      await Bun.sleep(20 + random(400));
      await engine.kill();
      await working;
      await engine.start();
      await agree(engine);
    }
  } catch (error) {
    throw new Error(`seed ${seed}: ${engine.daemonLog().split('\n').slice(-12).join('\n')}`, { cause: error });
  } finally {
    left = await engine.dispose();
  }
  expect(left).toEqual([]);
}, 120_000);

test('killed in the middle of a change of a running container, the engine finishes or forgets it', async () => {
  const engine = await startEngine();
  let left: string[] = [];
  const post = (path: string, body?: object) => engine.request('POST', path, body).catch(() => undefined);
  const port = await freePort();
  const bindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] };
  const connect: [string, object] = ['/networks/x/connect', { Container: 'one' }];
  const disconnect: [string, object] = ['/networks/x/disconnect', { Container: 'one' }];
  const cases: [string, [string, object], string[]][] = [
    ['network.connected', connect, ['y']],
    ['container.connected', connect, ['x', 'y']],
    ['container.disconnected', disconnect, ['y']],
    ['network.disconnected', disconnect, ['y']],
    ['container.portsChanged', ['/tug/containers/one/ports', { Publish: bindings }], ['y']],
  ];
  try {
    await engine.withBusybox();
    for (const name of networks) expect((await engine.docker(['network', 'create', name])).stderr).toBe('');
    const made = await engine.docker(['run', '-d', '--name', 'one', '--network', 'y', 'busybox', 'httpd', '-f']);
    expect(made.stderr).toBe('');
    for (const [step, change, wanted] of cases) {
      if (change === disconnect) await post(...connect);
      await engine.stop();
      await engine.start({ TUG_CRASH_AT: step });
      // The first may have gone to a connection of the engine before.
      await post(...change);
      await post(...change);
      await engine.died();
      await engine.start();
      await agree(engine);
      const { NetworkSettings } = (await engine.request('GET', '/containers/one/json')).json() as Inspected;
      expect([step, ...Object.keys(NetworkSettings.Networks).toSorted()]).toEqual([step, ...wanted]);
      await post(...disconnect);
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('404');
    // The port is in the hands of the container's monitor, as if nothing had happened.
    await engine.stop();
    expect(() => Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } })).toThrow();
    await engine.start();
  } finally {
    left = await engine.dispose();
  }
  expect(left).toEqual([]);
}, 60_000);
