// The engine beside the host's own firewall: Debian's ufw (over nft and over the old iptables), firewalld, and plain nft, each loaded
// before the engine, loaded anew, taken away and loaded after it, with the engine open and strict.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { must, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { type FirewallRoot, haveFirewalls, openFirewallRoot, startFirewalld } from '../support/firewalls.ts';
import { makeNetns, type Netns } from '../support/netns.ts';

const echo = join(import.meta.dirname, '../support/echo.ts');
const here = '198.18.250.1';
const there = '198.18.250.2';
const hostPort = 8080;

/** What comes in from outside at a published port, goes out, and comes past the published ports. */
interface Reach {
  in: boolean;
  out: boolean;
  past: boolean;
}

interface Firewall {
  /** Switches it on, so that nothing is forwarded that no rule of its own allows. */
  on(root: FirewallRoot): Promise<void>;
  /** Loads all its rules anew, as an administrator does. */
  reload(root: FirewallRoot): Promise<void>;
  off(root: FirewallRoot): Promise<void>;
  /** Lets through what comes from outside to a container's port 80. */
  allow?(root: FirewallRoot): Promise<void>;
  open: Reach;
  /** What it lets through by itself; where that is played with its like already, it is left out. */
  strict?: Reach;
}

const everything: Reach = { in: true, out: true, past: false };
const nothing: Reach = { in: false, out: false, past: false };

const ufw = (iptables: string): Firewall => ({
  async on(root) {
    for (const program of ['iptables', 'ip6tables']) {
      await root.exec('update-alternatives', '--set', program, `/usr/sbin/${program}-${iptables}`);
    }
    await root.exec('ufw', '--force', 'enable');
  },
  reload: async (root) => void (await root.exec('ufw', 'reload')),
  off: async (root) => void (await root.exec('/lib/ufw/ufw-init', 'flush-all')),
  async allow(root) {
    await root.exec(...'ufw route allow in on eth0 proto tcp from any to any port 80'.split(' '));
  },
  open: everything,
  ...(iptables === 'nft' && { strict: nothing }),
});

/** As a host's /etc/nftables.conf begins: with the end of all there is. */
const plain = `flush ruleset
table inet mine {
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip saddr ${there} tcp dport 80 drop
  }
}`;
const loadPlain = (root: FirewallRoot) => root.exec('sh', '-c', `echo '${plain}' | nft -f -`).then(() => undefined);

const firewalls: Record<string, Firewall> = {
  'ufw over nft': ufw('nft'),
  'ufw over the old iptables': ufw('legacy'),
  firewalld: {
    on: startFirewalld,
    reload: async (root) => void (await root.exec('firewall-cmd', '--complete-reload')),
    async off(root) {
      await root.exec('sh', '-c', 'kill $(cat /run/firewalld.pid)');
      await until('its table is gone', async () => !(await root.exec('nft', 'list', 'tables')).includes('firewalld'));
    },
    open: everything,
    // It accepts by itself what some table has translated.
    strict: { ...nothing, in: true },
  },
  'plain nft': {
    on: loadPlain,
    reload: loadPlain,
    off: async (root) => void (await root.exec('nft', 'flush', 'ruleset')),
    allow: async (root) => void (await root.exec('nft', 'flush', 'chain', 'inet', 'mine', 'forward')),
    open: { ...everything, in: false },
  },
};

/** A host of the test's own with an engine on it, a container that publishes a port, and a machine outside. */
interface Host {
  netns: Netns;
  engine: Engine;
  outside: Netns;
  servers: Bun.Subprocess[];
  container: { prefix: string[]; ip: string };
}

let serial = 0;

async function makeHost(args: string[], prepare: (netns: Netns) => Promise<void>): Promise<Host> {
  const name = `fw${process.pid}x${serial++}`;
  const [netns, outside] = [await makeNetns(name), await makeNetns(`${name}o`)];
  await netns.exec('ip', 'link', 'set', 'lo', 'up');
  await wireBetween(netns, outside);
  await prepare(netns);
  const engine = await startEngine({ args, netns: name });
  await engine.withBusybox();
  const HostConfig = { PortBindings: { '80/tcp': [{ HostPort: String(hostPort) }] } };
  const body = { Image: 'busybox', Cmd: ['sleep', '1000'], ExposedPorts: { '80/tcp': {} }, HostConfig };
  expect((await engine.request('POST', '/containers/create?name=web', body)).status).toBe(201);
  expect((await engine.request('POST', '/containers/web/start')).status).toBe(204);
  const { State, NetworkSettings } = (await engine.request('GET', '/containers/web/json')).json() as {
    State: { Pid: number };
    NetworkSettings: { Networks: { bridge: { IPAddress: string } } };
  };
  const prefix = ['nsenter', '-t', String(State.Pid), '-n'];
  const servers = [
    await serve(prefix, 'web', '80', '81'),
    await serve(['ip', 'netns', 'exec', outside.name], 'outside', '80'),
  ];
  return { netns, engine, outside, servers, container: { prefix, ip: NetworkSettings.Networks.bridge.IPAddress } };
}

async function wireBetween(netns: Netns, outside: Netns): Promise<void> {
  await netns.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside.name);
  await netns.exec('ip', 'address', 'add', `${here}/24`, 'dev', 'eth0');
  await outside.exec('ip', 'address', 'add', `${there}/24`, 'dev', 'eth0');
  for (const one of [netns, outside]) await one.exec('ip', 'link', 'set', 'eth0', 'up');
  await outside.exec('ip', 'route', 'add', 'default', 'via', here);
}

async function serve(prefix: string[], name: string, ...ports: string[]): Promise<Bun.Subprocess> {
  const server = Bun.spawn([...prefix, process.execPath, echo, 'serve', name, ...ports], { stdout: 'pipe' });
  await server.stdout.getReader().read();
  return server;
}

async function reach({ outside, container }: Host): Promise<Reach> {
  const ask = async (prefix: string[], ...places: [string, number][]): Promise<boolean[]> => {
    const questions = JSON.stringify(places.map((place) => ['tcp', ...place]));
    const answers = await must([...prefix, process.execPath, echo, 'ask', questions]);
    return (JSON.parse(answers) as (string | null)[]).map((answer) => answer !== null);
  };
  const from = ['ip', 'netns', 'exec', outside.name];
  const [[inside, past], [out]] = await Promise.all([
    ask(from, [here, hostPort], [container.ip, 81]),
    ask(container.prefix, [there, 80]),
  ]);
  return { in: inside === true, out: out === true, past: past === true };
}

async function endHost({ netns, engine, outside, servers }: Host): Promise<void> {
  for (const server of servers) server.kill('SIGKILL');
  await Promise.all(servers.map((server) => server.exited));
  await engine.dispose();
  await netns.remove();
  await outside.remove();
}

/** A host whose firewall is loaded before the engine; `play` tells what passes there. */
async function onHost(
  firewall: Firewall,
  args: string[],
  play: (root: FirewallRoot, host: Host) => Promise<void>,
): Promise<void> {
  let root: FirewallRoot | undefined;
  const host = await makeHost(args, async ({ name }) => {
    root = await openFirewallRoot(name);
    await firewall.on(root);
  });
  try {
    await play(root as FirewallRoot, host);
  } finally {
    await root?.end();
    await endHost(host);
  }
}

/** Two seconds, and the machine may be busy. */
const comesTo = (host: Host, wanted: Reach) =>
  until(`passes ${JSON.stringify(wanted)}`, async () => Bun.deepEquals(await reach(host), wanted), 6000);

/** Takes the engine's own table away, and waits until the engine has looked at all of the host's rules and put it back. */
async function flushOwn({ engine, netns }: Host): Promise<void> {
  const table = `tug_${engine.bridge}`;
  await netns.exec('nft', 'delete', 'table', 'inet', table);
  const isBack = async () => (await netns.exec('nft', 'list', 'tables')).includes(table);
  await until('the engine’s own table is back', isBack, 6000);
}

const available = await haveFirewalls();

describe.skipIf(!available).each(Object.entries(firewalls))('%s', (_name, firewall) => {
  test('containers have what they need, before and after it is loaded, loaded anew and taken away', async () => {
    await onHost(firewall, [], async (root, host) => {
      await comesTo(host, firewall.open);
      await firewall.reload(root);
      await comesTo(host, firewall.open);
      await firewall.off(root);
      await comesTo(host, everything);
      await flushOwn(host);
      await firewall.on(root);
      await comesTo(host, firewall.open);
      if (firewall.allow) await firewall.allow(root);
      await comesTo(host, everything);
    });
  }, 240_000);

  const { strict } = firewall;
  if (!strict) return;
  test('what it forbids stays forbidden where the engine is strict', async () => {
    await onHost(firewall, ['--firewall=strict'], async (root, host) => {
      expect(await reach(host)).toEqual(strict);
      await host.engine.stop();
      await host.engine.start();
      await flushOwn(host);
      expect(await reach(host)).toEqual(strict);
      await firewall.off(root);
      await comesTo(host, everything);
      await firewall.on(root);
      await comesTo(host, strict);
      if (firewall.allow) await firewall.allow(root);
      await comesTo(host, { ...strict, in: true });
    });
  }, 240_000);
});
