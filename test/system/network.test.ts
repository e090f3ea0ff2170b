import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../src/kit/index.ts';
import { type AttachRequest, createNetworks, type NetworkAttachment, type Networks } from '../../src/network/index.ts';
import { createMemoryStore } from '../../src/store/index.ts';
import { must, run, slowness, until } from '../support/command.ts';
import { fetchHere, furnish, inOwnNamespaces, isInside, makeNetns, type Netns, wire } from '../support/netns.ts';

if (!isInside) test('the network, in namespaces of its own', () => inOwnNamespaces(import.meta.path), 110_000);

const request = (name: string, more: Partial<AttachRequest> = {}): AttachRequest => ({
  containerId: name.padEnd(64, '0'),
  name,
  mode: 'bridge',
  hostname: name,
  domainname: '',
  portBindings: {},
  exposedPorts: [],
  publishAll: false,
  extraHosts: [],
  dns: { servers: [], search: [], options: [] },
  ...more,
});

const published = (key: string, HostPort: string, HostIp = '') => ({ portBindings: { [key]: [{ HostIp, HostPort }] } });

/** What is on the bridge. */
const ports = async (bridge = 'tug0'): Promise<string[]> =>
  (await must(['ip', '-o', 'link', 'show', 'master', bridge])).split('\n').filter(Boolean);

/** A program that sends one UDP packet. */
const say = (text: string, port: number, address: string): string =>
  `const s = await Bun.udpSocket({}); s.send('${text}', ${port}, '${address}'); s.close();`;

const publishedMap = (): Promise<string> => must(['nft', 'list', 'map', 'inet', 'tug', 'published']);

/** Removes the namespaces of an engine's life, as far as it had come. */
async function removeBoth(): Promise<void> {
  for (const name of ['one', 'two']) await run(['ip', 'netns', 'del', name]);
}

/** Makes a namespace send what goes to 127.0.0.1 to a neighbour. */
async function sendLoopbackTo(netns: Netns, neighbour: string, source: string): Promise<void> {
  await netns.exec('sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1');
  await netns.exec('ip', 'route', 'del', 'local', '127.0.0.0/8', 'dev', 'lo', 'table', 'local');
  await netns.exec('ip', 'route', 'del', 'local', '127.0.0.1', 'dev', 'lo', 'table', 'local');
  await netns.exec('ip', 'route', 'add', '127.0.0.1/32', 'via', neighbour, 'src', source);
}

interface Box extends Netns {
  ip: string;
  attachment: NetworkAttachment;
  /** Ends it as the engine does: the namespace goes, then the network takes all back. */
  end(): Promise<void>;
}

const onThisMachine = (): void => {
  const store = createMemoryStore();
  let networks: Networks;
  let outside: Netns;
  let boxes: Box[] = [];

  /** A container: a namespace with the attachment's furniture, and a server at port 80. */
  const start = async (name: string, more: Partial<AttachRequest> = {}, at = networks): Promise<Box> => {
    const attachment = await at.attach(request(name, more));
    const netns = await makeNetns(name);
    await furnish(netns, attachment);
    store.update((tx) => attachment.record(tx));
    await attachment.publish();
    await netns.serve(80);
    const box: Box = {
      ...netns,
      attachment,
      ip: attachment.networks.bridge?.IPAddress ?? '',
      async end() {
        boxes = boxes.filter((other) => other !== box);
        await netns.remove();
        for (const socket of attachment.reserved) closeSync(socket);
        store.update((tx) => at.forget(tx, name.padEnd(64, '0')));
        await at.release(name.padEnd(64, '0'));
      },
    };
    boxes.push(box);
    return box;
  };

  beforeAll(async () => {
    outside = await makeNetns('outside');
    await wire(outside, '203.0.113.1/24', '203.0.113.2/24');
    networks = createNetworks({ store, log: silent });
    await networks.restore(() => false);
    await outside.serve(80);
  });

  afterEach(async () => {
    for (const box of boxes) await box.end();
    await until('no link is left', async () => (await ports()).length === 0);
    for (const map of ['published', 'published_at', 'published6', 'published6_at']) {
      expect(await must(['nft', 'list', 'map', 'inet', 'tug', map])).not.toContain('elements');
    }
    expect(networks.inspect('bridge').Containers).toEqual({});
  });

  afterAll(async () => {
    await networks.close();
    await outside.remove();
    store.close();
  });

  test('a container has its address, a route, and no IPv6 on eth0', async () => {
    const box = await start('one');
    expect(box.ip).toBe('172.17.0.2');
    expect(await box.exec('ip', '-o', 'address', 'show', 'eth0')).toContain('inet 172.17.0.2/16 brd 172.17.255.255');
    expect(await box.exec('ip', '-o', 'address', 'show', 'eth0')).not.toContain('inet6');
    expect(await box.exec('ip', 'route')).toContain('default via 172.17.0.1 dev eth0');
    expect(await box.exec('ip', '-o', 'link', 'show', 'eth0')).toContain(
      box.attachment.networks.bridge?.MacAddress as string,
    );
    expect(await box.exec('ip', '-o', 'address', 'show', 'lo')).toContain('127.0.0.1/8');
    expect(await fetchHere(`http://${box.ip}`)).toBe('one 172.17.0.1');
  });

  test('the outside sees a container at the host’s address', async () => {
    const box = await start('one');
    expect(await box.get('http://203.0.113.2')).toBe('outside 203.0.113.1');
  });

  test('containers reach each other as they are', async () => {
    const [one, two] = [await start('one'), await start('two')];
    expect(await one.get(`http://${two.ip}`)).toBe(`two ${one.ip}`);
  });

  test('a published port is reached from outside, from the host and over its loopback', async () => {
    const box = await start('one', published('80/tcp', '8080'));
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    expect(await fetchHere('http://203.0.113.1:8080')).toBe('one 203.0.113.1');
    expect(await fetchHere('http://127.0.0.1:8080')).toBe('one 172.17.0.1');
    await box.end();
    expect(await outside.get('http://203.0.113.1:8080')).toBe(7);
    expect(await fetchHere('http://127.0.0.1:8080')).toBe(7);
  });

  test('a container reaches published ports of its own network, its own among them', async () => {
    const [one, two] = [
      await start('one', published('80/tcp', '8080')),
      await start('two', published('80/tcp', '8081')),
    ];
    for (const url of ['http://203.0.113.1', 'http://172.17.0.1']) {
      expect(await one.get(`${url}:8081`)).toBe('two 172.17.0.1');
      expect(await one.get(`${url}:8080`)).toBe('one 172.17.0.1');
      expect(await two.get(`${url}:8080`)).toBe('one 172.17.0.1');
    }
  });

  test('a port published on one address is reached there only', async () => {
    await start('one', published('80/tcp', '8080', '127.0.0.1'));
    expect(await fetchHere('http://127.0.0.1:8080')).toBe('one 172.17.0.1');
    expect(await fetchHere('http://203.0.113.1:8080')).toBe(7);
    expect(await outside.get('http://203.0.113.1:8080')).toBe(7);
  });

  test('a neighbour who sends us packets for 127.0.0.1 does not get through to what is published there', async () => {
    const box = await start('one', published('53/udp', '5353', '127.0.0.1'));
    const neighbour = await makeNetns('neighbour');
    await wire(neighbour, '198.51.100.1/24', '198.51.100.2/24');
    const heard = async () => (await box.exec('grep', '^Udp: [0-9]', '/proc/net/snmp')).split(' ').slice(1, 3).join();
    expect(await heard()).toBe('0,0');
    await sendLoopbackTo(neighbour, '198.51.100.1', '198.51.100.2');
    await neighbour.exec(process.execPath, '-e', say('x', 5353, '127.0.0.1'));
    await neighbour.exec(process.execPath, '-e', say('x', 5353, '198.51.100.1'));
    await must([process.execPath, '-e', say('x', 5353, '127.0.0.1')]);
    await until('the host is heard', async () => (await heard()) !== '0,0');
    expect(await heard()).toBe('0,1');
    await neighbour.remove();
  });

  test('nobody outside routes past the published ports', async () => {
    const box = await start('one', published('80/tcp', '8080'));
    await box.serve(81);
    expect(await fetchHere(`http://${box.ip}:81`)).toBe('one 172.17.0.1');
    expect(await outside.get(`http://${box.ip}:81`)).toBe(28);
    expect(await outside.get(`http://${box.ip}:80`)).toBe(28);
    // What refuses it is our rule, not a missing route.
    await must(['nft', 'add', 'rule', 'inet', 'tug', 'TUG-USER', 'ip', 'saddr', '203.0.113.2', 'accept']);
    expect(await outside.get(`http://${box.ip}:81`)).toBe('one 203.0.113.2');
    await must(['nft', 'flush', 'chain', 'inet', 'tug', 'TUG-USER']);
  });

  test('the administrator’s chain is asked first and outlives a restart of the engine', async () => {
    await start('one', published('80/tcp', '8080'));
    await must(['nft', 'add', 'rule', 'inet', 'tug', 'TUG-USER', 'ip', 'saddr', '203.0.113.2', 'drop']);
    expect(await outside.get('http://203.0.113.1:8080')).toBe(28);
    const again = createNetworks({ store, log: silent });
    await again.restore(() => true);
    await again.close();
    expect(await must(['nft', 'list', 'chain', 'inet', 'tug', 'TUG-USER'])).toContain('203.0.113.2 drop');
    await must(['nft', 'flush', 'chain', 'inet', 'tug', 'TUG-USER']);
  });

  test('a container cannot reach what listens on the host’s loopback', async () => {
    const box = await start('one');
    const heard: string[] = [];
    const server = await Bun.udpSocket({
      hostname: '127.0.0.1',
      port: 7777,
      socket: { data: (_socket, data) => void heard.push(data.toString()) },
    });
    await sendLoopbackTo(box, '172.17.0.1', box.ip);
    await box.exec(process.execPath, '-e', say('from the container', 7777, '127.0.0.1'));
    await must([process.execPath, '-e', say('from the host', 7777, '127.0.0.1')]);
    await until('the host is heard', () => heard.includes('from the host'));
    expect(heard).toEqual(['from the host']);
    server.close();
  });

  test('UDP is published too', async () => {
    const box = await start('one', published('53/udp', '5353'));
    await box.serveUdp(53);
    const ask = `const s = await Bun.udpSocket({ socket: { data: (_, data) => { console.log(data.toString()); process.exit(0); } } });
      setTimeout(() => process.exit(1), ${700 * slowness}); s.send('x', 5353, process.argv.at(-1));`;
    expect(await outside.exec(process.execPath, '-e', ask, '203.0.113.1')).toBe('one 203.0.113.2');
    expect(await must([process.execPath, '-e', ask, '127.0.0.1'])).toBe('one 172.17.0.1');
  });

  test('a UDP client that goes on sending reaches the container that comes, and the next one', async () => {
    const script = `let last = ''; const s = await Bun.udpSocket({ port: 4444, socket: { error() {},
        data: (_, data) => { if (data.toString() !== last) console.log(last = data.toString()); } } });
      setInterval(() => s.send('x', 5353, '203.0.113.1'), 20);`;
    const command = ['ip', 'netns', 'exec', outside.name, process.execPath, '-e', script];
    const client = Bun.spawn(command, { stdout: 'pipe' });
    const said = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await Bun.sleep(150); // it has been sending into the void
    const one = await start('one', published('53/udp', '5353'));
    await one.serveUdp(53);
    expect((await said.read()).value).toBe('one 203.0.113.2\n');
    await one.end();
    await until('no link is left', async () => (await ports()).length === 0);
    // It takes the address that is free now, so that the next one has another.
    expect((await networks.attach(request('between'))).networks.bridge?.IPAddress).toBe(one.ip);
    const two = await start('two', published('53/udp', '5353'));
    await two.serveUdp(53);
    expect(two.ip).not.toBe(one.ip);
    expect((await said.read()).value).toBe('two 203.0.113.2\n');
    client.kill('SIGKILL');
    await client.exited;
    await networks.release('between'.padEnd(64, '0'));
  }, 5_000);

  test('an address is not given again before its link has gone', async () => {
    const box = await start('one');
    await networks.release('one'.padEnd(64, '0'));
    const second = await networks.attach(request('two'));
    expect(second.networks.bridge?.IPAddress).toBe('172.17.0.3');
    await networks.release('two'.padEnd(64, '0'));
    await box.remove();
    boxes = [];
    await until('the link has gone', async () => (await ports()).length === 0);
    const third = await networks.attach(request('three'));
    expect(third.networks.bridge?.IPAddress).toBe('172.17.0.2');
    await networks.release('three'.padEnd(64, '0'));
  });

  test('an address with another MAC is reached at once by those who knew the one before', async () => {
    const witness = await start('witness');
    const first = await start('one', published('80/tcp', '8080'));
    expect(await witness.get(`http://${first.ip}`)).toBe(`one ${witness.ip}`);
    expect(await fetchHere(`http://${first.ip}`)).toBe('one 172.17.0.1');
    await first.end();
    await until('one link is left', async () => (await ports()).length === 1);
    const second = await start('two', published('80/tcp', '8080'));
    expect(second.ip).toBe(first.ip);
    expect(second.attachment.networks.bridge?.MacAddress).not.toBe(
      first.attachment.networks.bridge?.MacAddress as string,
    );
    expect(await witness.get(`http://${second.ip}`)).toBe(`two ${witness.ip}`);
    expect(await fetchHere(`http://${second.ip}`)).toBe('two 172.17.0.1');
    expect(await outside.get('http://203.0.113.1:8080')).toBe('two 203.0.113.2');
  });

  test('several engines stand side by side, and neither reaches what the other has not published', async () => {
    const theirStore = createMemoryStore();
    const other = createNetworks({ store: theirStore, log: silent, options: { bridge: 'tug7' } });
    await other.restore(() => false);
    const mine = await start('one', published('80/tcp', '8080'));
    const theirs = await start('two', published('80/tcp', '8081'), other);
    expect(theirs.ip).toBe('172.18.0.2');
    expect(await theirs.get('http://203.0.113.2')).toBe('outside 203.0.113.1');
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    expect(await outside.get('http://203.0.113.1:8081')).toBe('two 203.0.113.2');
    expect(await mine.get('http://203.0.113.1:8081')).toStartWith('two ');
    expect(await mine.get(`http://${theirs.ip}`)).toBe(28);
    expect(await theirs.get(`http://${mine.ip}`)).toBe(28);
    await theirs.end();
    await mine.end();
    await other.close();
    theirStore.close();
    await must(['ip', 'link', 'del', 'tug7']);
    await must(['nft', 'delete', 'table', 'inet', 'tug_tug7']);
  });

  test('a bridge that somebody else made keeps all that is on it, and gets what a container needs', async () => {
    await must(['ip', 'link', 'add', 'br7', 'type', 'bridge']);
    const addresses = ['10.76.0.1/32', '10.77.0.1/24', '10.78.0.1/24', 'fd77::1/64'];
    for (const address of addresses) await must(['ip', 'address', 'add', address, 'dev', 'br7', 'nodad']);
    await must(['ip', 'link', 'add', 'vethguest', 'master', 'br7', 'up', 'type', 'veth', 'peer', 'name', 'guest']);
    const theirStore = createMemoryStore();
    const engine = () => createNetworks({ store: theirStore, log: silent, options: { bridge: 'br7' } });
    const standing = async () => {
      const shown = await must(['ip', '-o', 'address', 'show', 'dev', 'br7', 'scope', 'global']);
      const names = (await ports('br7')).map((line) => /: ([^@]+)@/.exec(line)?.[1]);
      return [...addresses.filter((address) => shown.includes(` ${address} `)), ...names.toSorted()];
    };
    const first = engine();
    await first.restore(() => false);
    const box = await start('two', published('80/tcp', '8082'), first);
    expect(box.ip).toBe('10.77.0.2');
    expect(await outside.get('http://203.0.113.1:8082')).toBe('two 203.0.113.2');
    expect(await standing()).toEqual([...addresses, expect.stringMatching(/^veth[0-9a-f]{7}$/), 'vethguest']);
    await first.close();
    const next = engine();
    await next.restore(() => false);
    expect(await standing()).toEqual([...addresses, 'vethguest']);
    expect(readFileSync('/proc/sys/net/ipv6/conf/br7/disable_ipv6', 'utf8')).toBe('0\n');
    await box.end();
    await next.close();
    theirStore.close();
    await must(['ip', 'link', 'del', 'vethguest']);
    await must(['ip', 'link', 'del', 'br7']);
    await must(['nft', 'delete', 'table', 'inet', 'tug_br7']);
  });

  test('a range alone says which subnet the bridge has; another range, another subnet', async () => {
    const theirStore = createMemoryStore();
    const pools: unknown[] = [];
    for (const fixedCidr of ['10.88.4.0/24', '10.88.4.128/25', '10.99.0.0/16']) {
      const engine = createNetworks({ store: theirStore, log: silent, options: { bridge: 'tug8', fixedCidr } });
      await engine.restore(() => false);
      pools.push(engine.inspect('bridge').IPAM?.Config);
      await engine.close();
    }
    expect(pools).toEqual([
      [{ Subnet: '10.88.4.0/24', IPRange: '10.88.4.0/24', Gateway: '10.88.4.1' }],
      [{ Subnet: '10.88.4.0/24', IPRange: '10.88.4.128/25', Gateway: '10.88.4.1' }],
      [{ Subnet: '10.99.0.0/16', IPRange: '10.99.0.0/16', Gateway: '10.99.0.1' }],
    ]);
    theirStore.close();
    await must(['ip', 'link', 'del', 'tug8']);
    await must(['nft', 'delete', 'table', 'inet', 'tug_tug8']);
  });

  test('an engine for a while leaves nothing behind once nothing runs, but for an administrator’s rules', async () => {
    const theirStore = createMemoryStore();
    const opened = async (running: boolean) => {
      const options = { bridge: 'tug9', isTemporary: true };
      const engine = createNetworks({ store: theirStore, log: silent, options });
      await engine.restore(() => running);
      return engine;
    };
    const left = async () => {
      const links = (await must(['ip', '-o', 'link', 'show', 'type', 'bridge'])).split('\n');
      const tables = (await must(['nft', 'list', 'tables'])).split('\n');
      const names = links.map((line) => line.split(': ')[1] ?? '').filter((name) => !['', 'tug0'].includes(name));
      return [...names.toSorted(), ...tables.filter((line) => line.includes('tug9'))];
    };
    const first = await opened(false);
    const { Id } = await first.create({ Name: 'mine', Options: { 'com.docker.network.bridge.name': 'tug9mine' } });
    const own = first.inspect('bridge').IPAM;
    const attachment = await first.attach(request('alone'));
    theirStore.update((tx) => attachment.record(tx));
    await first.close();
    expect(await left()).toEqual(['tug9', 'tug9mine', 'table inet tug_tug9']);
    const second = await opened(false);
    await second.close();
    expect(await left()).toEqual([]);
    const third = await opened(false);
    expect(await left()).toEqual(['tug9', 'tug9mine', 'table inet tug_tug9']);
    expect([third.inspect('bridge').IPAM, third.inspect('mine').Id]).toEqual([own, Id]);
    await must(['nft', 'add', 'rule', 'inet', 'tug_tug9', 'TUG-USER', 'drop']);
    await third.close();
    expect(await left()).toEqual(['table inet tug_tug9']);
    theirStore.close();
    await must(['nft', 'delete', 'table', 'inet', 'tug_tug9']);
  });

  test('a FORWARD policy of DROP of the host does not cut containers off, and is asked for only once', async () => {
    const policy = 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }';
    await must(['nft', '-f', '-'], { stdin: `add table ip filter; ${policy}; add chain ip filter FOREIGN` });
    await start('one', published('80/tcp', '8080'));
    // The watch over the ruleset may have been there first.
    await networks.restore(() => true);
    await networks.restore(() => true);
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    const chain = await must(['nft', 'list', 'chain', 'ip', 'filter', 'FORWARD']);
    expect(chain.match(/tug0/g)?.length).toBe(4); // two rules, each with the name in its match and in its comment
    await must(['nft', 'delete', 'table', 'ip', 'filter']);
  });

  test('what the host drops stays dropped where the firewall is strict', async () => {
    const policy = 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }';
    await must(['nft', '-f', '-'], { stdin: `add table ip filter; ${policy}` });
    const theirStore = createMemoryStore();
    const strict = createNetworks({ store: theirStore, log: silent, options: { bridge: 'tug8', strict: true } });
    await strict.restore(() => false);
    const box = await start('one', published('80/tcp', '8080'), strict);
    expect(await must(['nft', 'list', 'chain', 'ip', 'filter', 'FORWARD'])).not.toContain('tug8');
    expect(await outside.get('http://203.0.113.1:8080')).toBe(28);
    expect(await fetchHere('http://203.0.113.1:8080')).toStartWith('one ');
    // What the administrator allows, works.
    await must(['nft', 'add', 'rule', 'ip', 'filter', 'FORWARD', 'ip', 'saddr', '203.0.113.2', 'accept']);
    await must(['nft', 'add', 'rule', 'ip', 'filter', 'FORWARD', 'ct', 'state', 'established', 'accept']);
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    await box.end();
    await strict.close();
    theirStore.close();
    await must(['ip', 'link', 'del', 'tug8']);
    await must(['nft', 'delete', 'table', 'inet', 'tug_tug8']);
    await must(['nft', 'delete', 'table', 'ip', 'filter']);
  });

  test('whoever flushes the ruleset harms nobody for long', async () => {
    const one = await start('one', published('80/tcp', '8080'));
    await must(['nft', 'flush', 'ruleset']);
    // Until something starts, or the watch sees it; an emulated machine is too slow to look before that.
    if (slowness === 1) expect(await outside.get('http://203.0.113.1:8080')).toBe(7);
    await start('two', published('80/tcp', '8081'));
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    expect(await outside.get('http://203.0.113.1:8081')).toBe('two 203.0.113.2');
    await must(['nft', 'flush', 'ruleset']);
    await until(
      'the watch has seen it',
      async () => (await run(['nft', 'list', 'chain', 'inet', 'tug', 'forward'])).code === 0,
    );
    expect(await outside.get('http://203.0.113.1:8080')).toBe('one 203.0.113.2');
    await must(['nft', 'flush', 'ruleset']);
    await one.end();
    expect(await outside.get('http://203.0.113.1:8080')).toBe(7);
    expect(await outside.get('http://203.0.113.1:8081')).toBe('two 203.0.113.2');
  });

  test('a bridge that was deleted is made again, and the containers are on it', async () => {
    const one = await start('one', published('80/tcp', '8080'));
    const number = async () => (await run(['ip', '-o', 'link', 'show', 'tug0'])).stdout.split(':')[0];
    const before = await number();
    await must(['ip', 'link', 'del', 'tug0']);
    if (slowness === 1) expect(await outside.get('http://203.0.113.1:8080')).not.toBe('one 203.0.113.2');
    await until('the watch has made another', async () => !['', before].includes(await number()));
    await until('the port is back', async () => (await outside.get('http://203.0.113.1:8080')) === 'one 203.0.113.2');
    const two = await start('two');
    expect(await two.get(`http://${one.ip}`)).toBe(`one ${two.ip}`);
    expect(await one.get('http://203.0.113.2')).toBe('outside 203.0.113.1');
  });

  test('an engine killed at any step is put right by the next start', async () => {
    const work = mkdtempSync(join(tmpdir(), 'tug-network-'));
    await networks.close();
    const engine = join(import.meta.dirname, '../support/network-engine.ts');
    const life = (dir: string, env: Record<string, string>) => run([process.execPath, engine, 'life', dir], { env });
    const restored = async (dir: string, ...ids: string[]) =>
      JSON.parse(await must([process.execPath, engine, 'restore', dir, ...ids])) as Record<string, unknown>;
    const trace = join(work, 'trace');
    expect((await life(join(work, 'whole'), { TUG_CRASH_TRACE: trace })).code).toBe(0);
    const steps = readFileSync(trace, 'utf8').trim().split('\n');
    expect(steps).toContain('network.bridge');
    expect(steps.filter((step) => step === 'network.elements').length).toBe(4);
    await removeBoth();
    for (const [index, step] of steps.entries()) {
      const dir = join(work, String(index));
      const nth = steps.slice(0, index + 1).filter((other) => other === step).length;
      expect((await life(dir, { TUG_CRASH_AT: `${step}#${nth}` })).code).toBe(137);
      const kept = Object.keys(await restored(dir, 'two'));
      const elements = await publishedMap();
      expect(elements.includes('8081')).toBe(kept.includes('two'));
      expect(elements).not.toContain('8080');
      expect((await ports()).length).toBe(kept.length);
      expect(await restored(dir)).toEqual({});
      expect(await publishedMap()).not.toContain('elements');
      expect(await ports()).toEqual([]);
      await removeBoth();
    }
    rmSync(work, { recursive: true });
    networks = createNetworks({ store, log: silent });
    await networks.restore(() => false);
  });

  test('none is a loopback and nothing else', async () => {
    const attachment = await networks.attach(request('alone', { mode: 'none' }));
    const netns = await makeNetns('alone');
    await furnish(netns, attachment);
    expect((await netns.exec('ip', '-o', 'link')).split('\n').map((line) => line.split(': ')[1])).toEqual(['lo']);
    expect(await netns.exec('ip', '-o', 'address')).toContain('127.0.0.1/8');
    await netns.remove();
    await networks.release('alone'.padEnd(64, '0'));
  });
};

if (isInside) describe('on this machine', onThisMachine);
