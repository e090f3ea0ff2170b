// Who reaches whom, by real packets: {same network, other network, host, outside, published} × {IPv4, IPv6} × {TCP, UDP}.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silent } from '../../src/kit/index.ts';
import { createNetworks, type NetworkAttachment, type Networks } from '../../src/network/index.ts';
import { createMemoryStore } from '../../src/store/index.ts';
import { must, slowness, until } from '../support/command.ts';
import { furnish, inOwnNamespaces, isInside, makeNetns, type Netns, wire } from '../support/netns.ts';

if (!isInside) test('the packet matrix, in namespaces of its own', () => inOwnNamespaces(import.meta.path), 110_000);

const echo = join(import.meta.dirname, '../support/echo.ts');
const host4 = '203.0.113.1';
const host6 = '2001:db8::1';
const outside4 = '203.0.113.2';
const outside6 = '2001:db8::2';

interface Box {
  netns: Netns;
  v4: string;
  v6: string;
  attachment: NetworkAttachment;
}

type Place = [protocol: string, address: string, port: number];

const driverOption = (name: string, value: string) => ({ [`com.docker.network.bridge.${name}`]: value });

/** What a place is told by both protocols, or that they differ. */
const ask = async (from: string, places: Place[]): Promise<(string | null)[]> => {
  const prefix = from === 'host' ? [] : ['ip', 'netns', 'exec', from];
  return JSON.parse(await must([...prefix, process.execPath, echo, 'ask', JSON.stringify(places)]));
};

/** Both protocols to a box or an address, at a port, by IPv4 and IPv6: who answers, with the address it saw. */
const reach = async (from: string, to: { v4: string; v6: string }, port: number): Promise<(string | null)[]> => {
  const [tcp4, udp4, tcp6, udp6] = await ask(from, [
    ['tcp', to.v4, port],
    ['udp', to.v4, port],
    ['tcp', to.v6, port],
    ['udp', to.v6, port],
  ]);
  expect([from, port, udp4, udp6]).toEqual([from, port, tcp4, tcp6]);
  return [tcp4 ?? null, tcp6 ?? null];
};

const isolated = async () => (await must(['bridge', '-d', 'link'])).includes('isolated on');

const published = { v4: host4, v6: host6 };
const nobody = [null, null];
const named = async (from: string) => (await reach(from, published, 8081)).map((answer) => answer?.split(' ')[0]);

const onThisMachine = (): void => {
  const store = createMemoryStore();
  const networks: Networks = createNetworks({ store, log: silent });
  const boxes = new Map<string, Box>();
  const servers: Bun.Subprocess[] = [];
  let outside: Netns;

  const answerIn = async (name: string, prefix: string[]): Promise<void> => {
    const command = [...prefix, process.execPath, echo, 'serve', name, '80', '81'];
    const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' });
    servers.push(server);
    await server.stdout.getReader().read();
  };

  const start = async (name: string, network: string, hostPort = ''): Promise<void> => {
    const bindings = hostPort === '' ? {} : { '80/tcp': [{ HostPort: hostPort }], '80/udp': [{ HostPort: hostPort }] };
    const attachment = await networks.attach({
      containerId: name.padEnd(64, '0'),
      name,
      mode: network,
      hostname: name,
      domainname: '',
      portBindings: bindings,
      exposedPorts: [],
      publishAll: false,
      extraHosts: [],
      dns: { servers: [], search: [], options: [] },
    });
    const netns = await makeNetns(name);
    await furnish(netns, attachment);
    store.update((tx) => attachment.record(tx));
    await attachment.publish();
    await answerIn(name, ['ip', 'netns', 'exec', name]);
    const { IPAddress: v4 = '', GlobalIPv6Address: v6 = '' } = attachment.networks[network] ?? {};
    boxes.set(name, { netns, v4, v6, attachment });
  };

  const box = (name: string): Box => boxes.get(name) as Box;

  const quiet = async () => {
    expect(await reach('q2', box('q1'), 80)).toEqual(nobody);
    const answers = await reach('q2', published, 8082);
    expect(answers.map((answer) => answer?.split(' ')[0])).toEqual(['q1', 'q1']);
  };

  const gateway = (name: string) => networks.inspect(name).IPAM?.Config?.map(({ Gateway }) => Gateway) ?? [];

  beforeAll(async () => {
    outside = await makeNetns('outside');
    await wire(outside, `${host4}/24`, `${outside4}/24`);
    await must(['ip', 'address', 'add', '203.0.113.7/24', 'dev', 'woutside']);
    await must(['ip', 'address', 'add', `${host6}/64`, 'dev', 'woutside', 'nodad']);
    await outside.exec('ip', 'address', 'add', `${outside6}/64`, 'dev', 'eth0', 'nodad');
    await outside.exec('ip', 'route', 'add', 'default', 'via', host6);
    await networks.restore(() => false);
    const make = (Name: string, more: object = {}) => networks.create({ Name, EnableIPv6: true, ...more });
    await make('a');
    await make('b');
    await make('quiet', { Options: driverOption('enable_icc', 'false') });
    const named = {
      'com.docker.network.host_ipv4': '203.0.113.7',
      'com.docker.network.bridge.trusted_host_interfaces': 'woutside',
    };
    await make('open', { Options: named });
    await make('inner', { Internal: true });
    const routed = { ...driverOption('gateway_mode_ipv4', 'routed'), ...driverOption('gateway_mode_ipv6', 'routed') };
    await make('routed', { Options: routed });
    const apart = {
      ...driverOption('gateway_mode_ipv4', 'isolated'),
      ...driverOption('gateway_mode_ipv6', 'isolated'),
    };
    await make('apart', { Internal: true, Options: apart });
    await Promise.all([answerIn('host', []), answerIn('outside', ['ip', 'netns', 'exec', 'outside'])]);
    const wanted: [string, string, string?][] = [
      ['a1', 'a', '8081'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['q1', 'quiet', '8082'],
      ['q2', 'quiet'],
      ['o1', 'open'],
      ['i1', 'inner'],
      ['i2', 'inner'],
      ['r1', 'routed', '8083'],
      ['p1', 'apart'],
      ['p2', 'apart'],
    ];
    for (const one of wanted) await start(...one);
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL');
    await Promise.all(servers.map((server) => server.exited));
    for (const [name, { netns, attachment }] of boxes) {
      await netns.remove();
      for (const socket of attachment.reserved) closeSync(socket);
      store.update((tx) => networks.forget(tx, name.padEnd(64, '0')));
      await networks.release(name.padEnd(64, '0'));
    }
    for (const name of ['a', 'b', 'quiet', 'open', 'inner', 'routed', 'apart']) await networks.remove(name);
    const left = (await must(['ip', '-o', 'link', 'show', 'type', 'bridge'])).trim().split('\n');
    expect(left.map((line) => line.split(': ')[1])).toEqual(['tug0']);
    const table = await must(['nft', 'list', 'table', 'inet', 'tug']);
    expect(table).not.toContain('br-');
    await networks.close();
    await outside.remove();
    store.close();
  });

  test('containers of one network reach each other at every port, as they are', async () => {
    expect(await reach('a2', box('a1'), 81)).toEqual([`a1 ${box('a2').v4}`, `a1 ${box('a2').v6}`]);
    expect(await reach('i2', box('i1'), 80)).toEqual([`i1 ${box('i2').v4}`, `i1 ${box('i2').v6}`]);
    expect(await reach('p2', box('p1'), 80)).toEqual([`p1 ${box('p2').v4}`, `p1 ${box('p2').v6}`]);
  });

  test('containers of different networks do not, whatever the networks are', async () => {
    const cut = async (from: string, to: string) =>
      expect([from, to, ...(await reach(from, box(to), 80))]).toEqual([from, to, null, null]);
    await Promise.all(['b1', 'q1', 'i1', 'r1', 'p1'].map((from) => cut(from, 'a1')));
    await Promise.all(['b1', 'q1', 'i1', 'p1'].map((to) => cut('a1', to)));
    expect(await reach('a1', box('r1'), 81)).toEqual(nobody);
  });

  test('without ICC containers reach each other at published ports only, however the kernel bridges', async () => {
    await quiet();
    const filters = ['iptables', 'ip6tables'].map((name) => `/proc/sys/net/bridge/bridge-nf-call-${name}`);
    const before = filters.filter(existsSync).map((path) => ({ path, value: readFileSync(path, 'utf8') }));
    for (const { path, value } of before) writeFileSync(path, value.trim() === '0' ? '1' : '0');
    if (before.length > 0) {
      const was = await isolated();
      await until('the watch has seen it', async () => (await isolated()) !== was);
    }
    await quiet();
    for (const { path, value } of before) writeFileSync(path, value);
  });

  test('the host reaches containers, but those of an isolated network', async () => {
    const networkOf = { a1: 'a', q1: 'quiet', i1: 'inner', r1: 'routed' };
    for (const [name, network] of Object.entries(networkOf)) {
      const [v4, v6] = gateway(network);
      expect(await reach('host', box(name), 81)).toEqual([`${name} ${v4}`, `${name} ${v6}`]);
    }
    expect(await reach('host', box('p1'), 80)).toEqual(nobody);
  });

  test('who goes out has the host’s address, on a routed network his own, and from an internal one nobody goes out', async () => {
    const out = { v4: outside4, v6: outside6 };
    for (const from of ['a1', 'q2'])
      expect(await reach(from, out, 80)).toEqual([`outside ${host4}`, `outside ${host6}`]);
    expect(await reach('r1', out, 80)).toEqual([`outside ${box('r1').v4}`, `outside ${box('r1').v6}`]);
    for (const from of ['i1', 'p1']) expect(await reach(from, out, 80)).toEqual(nobody);
    // An internal network knows no way to the host's other addresses either.
    expect(await reach('i1', published, 80)).toEqual(nobody);
  });

  test('a network may name the address that goes out, and interfaces from which everything may come in', async () => {
    expect(await reach('o1', { v4: outside4, v6: outside6 }, 80)).toEqual(['outside 203.0.113.7', `outside ${host6}`]);
    expect(await reach('outside', box('o1'), 81)).toEqual([`o1 ${outside4}`, `o1 ${outside6}`]);
    expect(await reach('a1', box('o1'), 80)).toEqual(nobody);
  });

  test('outside clients reach published ports, with their own address, and nothing else', async () => {
    expect(await reach('outside', published, 8081)).toEqual([`a1 ${outside4}`, `a1 ${outside6}`]);
    expect(await reach('outside', published, 8082)).toEqual([`q1 ${outside4}`, `q1 ${outside6}`]);
    for (const name of ['a1', 'q1', 'i1', 'p1']) expect(await reach('outside', box(name), 80)).toEqual(nobody);
  });

  test('a routed network’s published ports are reached where they are, the others not', async () => {
    expect(await reach('outside', box('r1'), 80)).toEqual([`r1 ${outside4}`, `r1 ${outside6}`]);
    expect(await reach('outside', box('r1'), 81)).toEqual(nobody);
    expect(await reach('outside', published, 8083)).toEqual(nobody);
    await outside.exec('busybox', 'ping', '-c1', '-W1', box('r1').v4);
    await outside.exec('busybox', 'ping', '-c1', '-W1', box('r1').v6);
  });

  test('published ports are reached from the host, from other networks and from the container itself', async () => {
    for (const from of ['host', 'a1', 'a2', 'b1', 'q1'])
      expect([from, ...(await named(from))]).toEqual([from, 'a1', 'a1']);
    const [local] = await ask('host', [['tcp', '127.0.0.1', 8081]]);
    expect(local).toStartWith('a1 ');
    for (const from of ['i1', 'p1']) expect(await reach(from, published, 8081)).toEqual(nobody);
  });

  test('a flushed ruleset is back within two seconds, with all that it held', async () => {
    await must(['nft', 'flush', 'ruleset']);
    const flushed = Date.now();
    await until('it is back', async () => (await ask('outside', [['tcp', host4, 8081]]))[0] !== null);
    expect(Date.now() - flushed).toBeLessThan(5000 * slowness); // two seconds, and the machine may be busy
    expect(await reach('outside', box('a1'), 81)).toEqual(nobody);
    expect(await reach('b1', box('a1'), 80)).toEqual(nobody);
    expect(await reach('outside', box('r1'), 80)).toEqual([`r1 ${outside4}`, `r1 ${outside6}`]);
  });

  test('an engine that comes back finds all of it in use, and changes nothing', async () => {
    const before = await must(['nft', 'list', 'table', 'inet', 'tug']);
    const again = createNetworks({ store, log: silent });
    await again.restore(() => true);
    expect(Object.values(again.inspect('a').Containers ?? {}).map(({ Name }) => Name)).toEqual(['a1', 'a2']);
    await expect(again.remove('a')).rejects.toThrow('network a has active endpoints');
    await again.close();
    expect(await must(['nft', 'list', 'table', 'inet', 'tug'])).toBe(before);
    expect(await reach('outside', published, 8081)).toEqual([`a1 ${outside4}`, `a1 ${outside6}`]);
  });
};

if (isInside) describe('on this machine', onThisMachine);
