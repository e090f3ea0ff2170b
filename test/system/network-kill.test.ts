// kill -9 of the engine amid seeded starts, connects, disconnects, changes of ports, stops and removals: the next start has the truth, and
// nothing is left. And what finds that out finds a planted leak of each kind.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { must } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { untruths } from '../support/network-truth.ts';
import { createRandom, type Random } from '../support/random.ts';

const rounds = Number(process.env.TUG_KILL_ROUNDS ?? 6);
const names = ['one', 'two', 'three', 'four'];
const networks = ['xa', 'ya', 'za'];
/** Below those that the kernel gives to whoever connects. */
const ports = Array.from({ length: 6 }, (_, index) => 12_000 + (process.pid % 2000) * 6 + index);

/** One thing that a user might do; what is refused is no failure. */
async function act(engine: Engine, random: Random): Promise<void> {
  const name = random.pick(names);
  const network = random.pick(networks);
  const bindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(random.pick(ports)) }] };
  const post = (path: string, body?: object) => engine.request('POST', path, body).catch(() => undefined);
  const remove = (path: string) => engine.request('DELETE', path).catch(() => undefined);
  switch (random.below(9)) {
    case 0: {
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
    case 7:
      return void (await post(`/tug/containers/${name}/ports`, {
        [random.chance(0.5) ? 'Publish' : 'Unpublish']: bindings,
      }));
    default:
      return void (await post('/networks/create', { Name: network, EnableIPv6: random.chance(0.5) }));
  }
}

/** The kernel clears up after a container a moment later than the engine. */
async function agree(engine: Engine, held: number[] = ports): Promise<void> {
  const end = Date.now() + 5000;
  let found = await untruths(engine, held);
  while (found.length > 0 && Date.now() < end) found = await untruths(engine, held);
  expect(found).toEqual([]);
}

test(`${rounds} times kill -9 amid seeded changes of networks`, async () => {
  const engine = await startEngine();
  let left: string[] = [];
  const seed = Number(process.env.TUG_SEED ?? Date.now() % 100_000);
  const random = createRandom(seed);
  try {
    await engine.withBusybox();
    for (const Name of networks) await engine.request('POST', '/networks/create', { Name });
    for (let round = 0; round < rounds; round++) {
      const working = Promise.all(
        Array.from({ length: 3 }, async () => {
          for (let step = 0; step < 12; step++) await act(engine, random);
        }),
      );
      await Bun.sleep(20 + random.below(400));
      await engine.kill();
      await working;
      await engine.start();
      await agree(engine);
    }
    await everyAddressIsFree(engine);
  } catch (error) {
    throw new Error(`seed ${seed}: ${engine.daemonLog().split('\n').slice(-12).join('\n')}`, { cause: error });
  } finally {
    left = await engine.dispose();
  }
  expect(left).toEqual([]);
}, 3_600_000);

/** With nobody there, each network gives its first address again. */
async function everyAddressIsFree(engine: Engine): Promise<void> {
  for (const name of names) await engine.request('DELETE', `/containers/${name}?force=1`);
  await agree(engine);
  const listed = (await engine.request('GET', '/networks?filters={"type":["custom"]}')).json() as { Name: string }[];
  for (const { Name } of listed) {
    const body = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: Name } };
    await engine.request('POST', '/containers/create?name=first', body);
    await engine.request('POST', '/containers/first/start');
    const { NetworkSettings } = (await engine.request('GET', '/containers/first/json')).json() as {
      NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
    };
    expect(NetworkSettings.Networks[Name]?.IPAddress).toEndWith('.2');
    await engine.request('DELETE', '/containers/first?force=1');
  }
}

describe('a planted leak is found, and gone at the next start:', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await startEngine();
    await engine.withBusybox();
    const host = { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ports[0]) }] } };
    const body = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: host };
    await engine.request('POST', '/containers/create?name=one', body);
    await engine.request('POST', '/containers/one/start');
    await agree(engine);
  }, 60_000);

  afterAll(async () => {
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  const table = () => ['inet', `tug_${engine.bridge}`];
  const planted = 'tugleak';
  /** What is planted, and what is then said of it. */
  const kinds: [kind: string, plant: () => Promise<string>][] = [
    [
      'a bridge',
      async () => {
        await must(['ip', 'link', 'add', planted, 'type', 'bridge']);
        await must(['ip', 'link', 'set', planted, 'alias', `tug ${engine.bridge}`]);
        return `bridge ${planted} is there and nobody’s`;
      },
    ],
    [
      'an interface',
      async () => {
        await must(['ip', 'link', 'add', planted, 'type', 'veth', 'peer', 'name', `${planted}p`]);
        await must(['ip', 'link', 'set', planted, 'master', engine.bridge]);
        return `interface ${planted} is there and nobody’s`;
      },
    ],
    [
      'an address',
      async () => {
        await must(['ip', 'address', 'add', '198.18.77.1/32', 'dev', engine.bridge]);
        return `address of ${engine.bridge} 198.18.77.1 is there and nobody’s`;
      },
    ],
    [
      'a published port of the firewall',
      async () => {
        const element = '{ 127.0.0.1 . tcp . 9999 : 198.18.77.2 . 80 }';
        await must(['nft', 'add', 'element', ...table(), 'published_at', element]);
        return 'firewall’s port 127.0.0.1 tcp 9999 : 198.18.77.2 80 is there and nobody’s';
      },
    ],
    [
      'a bridge of the firewall',
      async () => {
        await must(['nft', 'add', 'element', ...table(), 'bridges', `{ ${planted} }`]);
        return `firewall’s bridge ${planted} is there and nobody’s`;
      },
    ],
  ];

  test.each(kinds)('%s', async (_kind, plant) => {
    const said = await plant();
    expect(await untruths(engine, ports)).toContain(said);
    await engine.stop();
    await engine.start();
    await agree(engine);
  });

  test('a port that somebody holds', async () => {
    const [, port = 0] = ports;
    const holder = Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
    expect(await untruths(engine, ports)).toContain(`port ${port} is there and nobody’s`);
    holder.stop(true);
    await agree(engine);
  });

  test('an address and an interface in a container', async () => {
    const { State } = (await engine.request('GET', '/containers/one/json')).json() as { State: { Pid: number } };
    const inside = ['nsenter', '-t', String(State.Pid), '-n', 'ip', 'address'];
    await must([...inside, 'add', '198.18.77.3/32', 'dev', 'eth0']);
    expect(await untruths(engine, ports)).toContain('address in /one 198.18.77.3 is there and nobody’s');
    await must([...inside, 'del', '198.18.77.3/32', 'dev', 'eth0']);
    await agree(engine);
  });
});

interface Inspected {
  NetworkSettings: { Networks: Record<string, unknown> };
}
test('killed in the middle of a change of a running container, the engine finishes or forgets it', async () => {
  const engine = await startEngine();
  let left: string[] = [];
  const post = (path: string, body?: object) => engine.request('POST', path, body).catch(() => undefined);
  const port = await freePort();
  const at = (number: number) => [{ HostIp: '127.0.0.1', HostPort: String(number) }];
  const [bindings, second] = [{ '80/tcp': at(port) }, await freePort()];
  const connect: [string, object] = ['/networks/xa/connect', { Container: 'one' }];
  const disconnect: [string, object] = ['/networks/xa/disconnect', { Container: 'one' }];
  const cases: [string, [string, object], string[]][] = [
    ['network.connected', connect, ['ya']],
    ['network.furnished', connect, ['ya']],
    ['container.connected', connect, ['xa', 'ya']],
    ['container.disconnected', disconnect, ['ya']],
    ['network.disconnected', disconnect, ['ya']],
    ['container.portsChanged', ['/tug/containers/one/ports', { Publish: bindings }], ['ya']],
    // The client has its answer by then.
    ['network.portsOpened', ['/tug/containers/one/ports', { Publish: { '81/tcp': at(second) } }], ['ya']],
  ];
  try {
    await engine.withBusybox();
    for (const name of networks) expect((await engine.docker(['network', 'create', name])).stderr).toBe('');
    const made = await engine.docker(['run', '-d', '--name', 'one', '--network', 'ya', 'busybox', 'httpd', '-f']);
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
      await agree(engine, []);
      const { NetworkSettings } = (await engine.request('GET', '/containers/one/json')).json() as Inspected;
      expect([step, ...Object.keys(NetworkSettings.Networks).toSorted()]).toEqual([step, ...wanted]);
      await post(...disconnect);
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('404');
    // The ports are in the hands of the container's monitor, as if nothing had happened.
    await engine.stop();
    const listen = (port: number) => Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
    for (const held of [port, second]) expect(() => listen(held)).toThrow();
    // And it leaves them again, though the engine dies between saying so and doing it.
    await engine.start({ TUG_CRASH_AT: 'container.portsChanged' });
    await post('/tug/containers/one/ports', { Unpublish: bindings });
    await post('/tug/containers/one/ports', { Unpublish: bindings });
    await engine.died();
    await engine.start();
    await agree(engine, [port]);
    await post('/tug/containers/one/ports', { Unpublish: { '81/tcp': at(second) } });
    await agree(engine, [port, second]);
  } finally {
    left = await engine.dispose();
  }
  expect(left).toEqual([]);
}, 120_000);
