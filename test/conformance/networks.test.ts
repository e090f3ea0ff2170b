// Networks as Docker's own programs use them: names, addresses, ports and live changes, over the engine's death, and compose.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Result, run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { clientPlugins } from '../support/peer.ts';

let engine: Engine;

/** A /24 that no other test on this machine has. */
const net = `10.${240 + (process.pid % 15)}.${process.pid % 251}`;

const docker = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.docker(args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} exited ${code}\n${stdout}${stderr}`);
  return stdout.trim();
};

const start = (name: string, ...options: string[]) =>
  docker('run', '-d', '--name', name, ...options, 'busybox', 'sleep', '1000');

/** The addresses of a name as a container sees it, sorted; [] where there are none. */
const lookUp = async (container: string, name: string): Promise<string[]> => {
  const { stdout } = await engine.docker(['exec', container, 'nslookup', '-type=a', name]);
  const answers = stdout
    .split(/\n\s*\n/)
    .slice(1)
    .join('\n');
  return [...answers.matchAll(/^Address(?: \d+)?: *(\S+)/gm)].map(([, address = '']) => address).toSorted();
};

const addressOf = (container: string, network: string) =>
  docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container);

const ok = ({ code }: Result): boolean => code === 0;

const fetchText = async (host: string, port: number) =>
  (await run(['curl', '-s', '-m2', `http://${host}:${port}`])).stdout.trim();

const bindings = (port: number) => ({ '80/tcp': [{ HostPort: String(port) }] });

const refusal = async (...args: string[]) => (await engine.docker(['network', ...args])).stderr.trim();

const both = async (port: number) => [await fetchText('127.0.0.1', port), await fetchText('[::1]', port)];

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

test('a network with packets too small for IPv6 has containers, started on it and connected to it', async () => {
  await docker('network', 'create', '-o', 'com.docker.network.driver.mtu=1234', 'small');
  await start('on-small', '--network', 'small');
  await start('to-small');
  await docker('network', 'connect', 'small', 'to-small');
  expect(await docker('exec', 'on-small', 'cat', '/sys/class/net/eth0/mtu')).toBe('1234');
  expect(await docker('exec', 'to-small', 'cat', '/sys/class/net/eth1/mtu')).toBe('1234');
  await docker('exec', 'to-small', 'ping', '-c1', '-W5', 'on-small');
  await docker('rm', '-f', 'on-small', 'to-small');
  await docker('network', 'rm', 'small');
}, 30_000);

test('who has just talked to a container knows where it is after a restart', async () => {
  await docker('network', 'create', '--subnet', `${net}.192/27`, 'moved');
  await start('asks', '--network', 'moved');
  await start('moves', '--network', 'moved', '--ip', `${net}.200`);
  const known = async () =>
    (await docker('exec', 'asks', 'cat', '/proc/net/arp')).match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/)?.[0];
  const real = () => docker('exec', 'moves', 'cat', '/sys/class/net/eth0/address');
  await docker('exec', 'asks', 'ping', '-c1', '-W5', `${net}.200`);
  expect(await known()).toBe(await real());
  const before = await real();
  await docker('restart', '-t0', 'moves');
  const after = await real();
  expect(after).not.toBe(before);
  await until('the new address is known', async () => (await known()) === after);
  await docker('rm', '-f', 'asks', 'moves');
  await docker('network', 'rm', 'moved');
}, 30_000);

test('two containers have a network of two addresses for themselves', async () => {
  await docker(
    'network',
    'create',
    '--internal',
    '--subnet',
    `${net}.232/31`,
    '-o',
    'com.docker.network.bridge.inhibit_ipv4=true',
    'pair',
  );
  await start('left', '--network', 'pair');
  await start('right', '--network', 'pair');
  await docker('exec', 'left', 'ping', '-c1', '-W5', 'right');
  expect(await refusal('connect', 'pair', 'nosuch')).toContain('No such container');
  await docker('rm', '-f', 'left', 'right');
  await docker('network', 'rm', 'pair');
}, 30_000);

test('containers find each other by name, alias, short id, and back by address', async () => {
  await docker('network', 'create', 'names');
  const id = await start('one', '--network', 'names', '--network-alias', 'both', '--hostname', 'uno');
  await start('two', '--network', 'names', '--network-alias', 'both');
  const [one, two] = [await addressOf('one', 'names'), await addressOf('two', 'names')];
  for (const name of ['one', 'ONE', id.slice(0, 12), 'uno', 'one.names'])
    expect([name, ...(await lookUp('two', name))]).toEqual([name, one]);
  expect(await lookUp('one', 'both')).toEqual([one, two].toSorted());
  expect(await docker('exec', 'two', 'nslookup', one)).toContain('name = one.names');
  expect(await docker('exec', 'two', 'cat', '/etc/resolv.conf')).toContain('nameserver 127.0.0.11\n');
  expect(await lookUp('one', 'nobody')).toEqual([]);
});

test('names follow connect, disconnect, rename and restart', async () => {
  await docker('network', 'create', '--subnet', `${net}.0/24`, 'more');
  await docker('network', 'connect', '--ip', `${net}.77`, '--alias', 'guest', 'more', 'one');
  await start('three', '--network', 'more');
  expect(await lookUp('three', 'guest')).toEqual([`${net}.77`]);
  expect(await docker('exec', 'one', 'cat', '/etc/hosts')).toContain(`${net}.77\tuno`);
  expect(await docker('exec', 'one', 'ip', 'route')).toContain(`${net}.0/24 dev eth1`);
  expect(ok(await engine.docker(['exec', 'one', 'ping', '-c1', '-W2', 'three']))).toBe(true);
  await docker('rename', 'one', 'first');
  expect(await lookUp('three', 'first')).toEqual([`${net}.77`]);
  expect(await lookUp('three', 'one')).toEqual([]);
  await docker('restart', '-t', '0', 'first');
  expect(await lookUp('three', 'first')).toEqual([`${net}.77`]);
  await docker('network', 'disconnect', 'more', 'first');
  expect(await lookUp('three', 'first')).toEqual([]);
  expect(await docker('exec', 'first', 'cat', '/etc/hosts')).not.toContain(`${net}.77`);
  expect(await docker('exec', 'first', 'ip', 'address')).not.toContain(`${net}.77`);
  expect(ok(await engine.docker(['exec', 'first', 'ping', '-c1', '-W2', 'two']))).toBe(true);
});

test('the way out moves with the networks, and back', async () => {
  await docker('network', 'create', 'aaa');
  const route = async () => /^default.*/m.exec(await docker('exec', 'two', 'ip', 'route'))?.[0] ?? '';
  const before = await route();
  await docker('network', 'connect', 'aaa', 'two');
  expect(await route()).not.toBe(before);
  await docker('network', 'disconnect', 'aaa', 'two');
  expect(await route()).toBe(before);
  await docker('network', 'connect', '--gw-priority', '-1', 'aaa', 'two');
  expect(await route()).toBe(before);
  await docker('network', 'disconnect', 'aaa', 'two');
  await docker('network', 'rm', 'aaa');
});

test('a question that is asked while the engine is dead is answered when it is back', async () => {
  const two = await addressOf('two', 'names');
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'first');
  await engine.kill();
  const asked = run(['nsenter', '-t', pid, '-n', '-m', '-r', '-w', 'nslookup', '-type=a', 'two']);
  await Bun.sleep(300); // the question has been asked by then
  await engine.start();
  const back = Date.now();
  expect((await asked).stdout).toContain(`Address: ${two}`);
  expect(Date.now() - back).toBeLessThan(5000);
});

test('on the default bridge too, where --dns is written down as it is', async () => {
  await start('plain');
  await start('other');
  expect(await lookUp('plain', 'other')).toEqual([await addressOf('other', 'bridge')]);
  const options = ['--dns', '192.0.2.53', '--dns-search', 'a.test', '--dns-opt', 'ndots:3'];
  const text = await docker('run', '--rm', ...options, 'busybox', 'cat', '/etc/resolv.conf');
  expect(text).toContain('nameserver 192.0.2.53\nsearch a.test\noptions ndots:3\n');
  const own = await docker('run', '--rm', '--network', 'names', ...options, 'busybox', 'cat', '/etc/resolv.conf');
  expect(own).toContain('nameserver 127.0.0.11\nsearch a.test\noptions ndots:3\n');
});

test('from an internal network nothing is asked outside, and nothing leads there', async () => {
  await docker('network', 'create', '--internal', 'inner');
  await start('shut', '--network', 'inner');
  const { stdout } = await engine.docker(['exec', 'shut', 'nslookup', 'example.com']);
  expect(stdout).toContain("can't find example.com: SERVFAIL");
  expect(await docker('exec', 'shut', 'ip', 'route')).not.toContain('default');
  await docker('rm', '-f', 'shut');
});

test('a container may have a server of its own on port 53', async () => {
  await start('server', '--network', 'names');
  const listen = 'echo mine | nc -l -p 53 & sleep 0.2; nc 127.0.0.1 53 </dev/null';
  expect(await docker('exec', 'server', 'sh', '-c', listen)).toBe('mine');
  expect(await lookUp('server', 'two')).toEqual([await addressOf('two', 'names')]);
});

test('a published port answers at localhost by both protocols, and can change while the container runs', async () => {
  const [first, second] = [await freePort(), await freePort()];
  const serve = 'mkdir /w; echo hello >/w/index.html; exec httpd -f -h /w';
  await docker('run', '-d', '--name', 'web', '-p', `${first}:80`, 'busybox', 'sh', '-c', serve);
  await until('it serves', async () => (await fetchText('127.0.0.1', first)) === 'hello');
  expect(await both(first)).toEqual(['hello', 'hello']);
  expect(await docker('port', 'web')).toBe(`80/tcp -> 0.0.0.0:${first}\n80/tcp -> [::]:${first}`);
  const changed = await engine.request('POST', '/tug/containers/web/ports', { Publish: bindings(second) });
  expect([changed.status, await both(second), await both(first)]).toEqual([
    200,
    ['hello', 'hello'],
    ['hello', 'hello'],
  ]);
  const refused = await engine.docker(['run', '--rm', '-p', `${second}:80`, 'busybox', 'true']);
  expect(refused.stderr).toContain('port is already allocated (by container web)');
  await engine.request('POST', '/tug/containers/web/ports', { Unpublish: bindings(first) });
  expect(await both(first)).toEqual(['', '']);
  await docker('network', 'connect', 'more', 'web');
  await docker('network', 'disconnect', 'bridge', 'web');
  expect(await both(second)).toEqual(['hello', 'hello']);
  await engine.kill();
  expect(await both(second)).toEqual(['hello', 'hello']);
  await engine.start();
  await docker('restart', '-t', '0', 'web');
  await until('it serves again', async () => (await fetchText('[::1]', second)) === 'hello');
  expect(await both(first)).toEqual(['', '']);
  await docker('rm', '-f', 'web');
});

test('networks are refused, listed and pruned in Docker’s words', async () => {
  const daemon = 'Error response from daemon: ';
  expect(await refusal('create', 'bridge')).toStartWith(
    `${daemon}operation is not permitted on predefined bridge network`,
  );
  expect(await refusal('create', 'names')).toBe(`${daemon}network with name names already exists`);
  expect(await refusal('create', '--subnet', `${net}.0/28`, 'x')).toBe(
    `${daemon}invalid pool request: Pool overlaps with other one on this address space`,
  );
  expect(await refusal('rm', 'names')).toContain(
    'error while removing network: network names has active endpoints (name:"',
  );
  expect(await refusal('connect', 'names', 'two')).toBe(
    `${daemon}endpoint with name two already exists in network names`,
  );
  expect(await refusal('connect', '--ip', '10.1.2.3', 'more', 'two')).toBe(
    `${daemon}invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.1.2.3`,
  );
  await docker('network', 'create', '--label', 'stale=1', 'stale');
  expect(
    await docker('network', 'ls', '--filter', 'dangling=true', '--filter', 'label=stale', '--format', '{{.Name}}'),
  ).toBe('stale');
  expect(await docker('network', 'prune', '-f', '--filter', 'label=stale')).toBe('Deleted Networks:\nstale');
});

test('the doctor says why a packet arrives or not', async () => {
  const ask = async (...args: string[]) => {
    const { code, stdout } = await engine.tug(['network', 'doctor', ...args]);
    return { code, text: stdout };
  };
  expect(await ask('plain', 'other')).toMatchObject({ code: 0, text: expect.stringContaining('both are on bridge') });
  const apart = await ask('plain', 'two');
  expect([apart.code, apart.text]).toEqual([1, expect.stringContaining('they share no network')]);
  const port = String(await freePort());
  await docker('run', '-d', '--name', 'door', '-p', `127.0.0.1:${port}:80`, 'busybox', 'sleep', '1000');
  const shut = await ask(port);
  expect([shut.code, shut.text]).toEqual([1, expect.stringContaining('no program listens at port 80 in door')]);
  await docker('exec', '-d', 'door', 'httpd', '-f');
  await until('the door is open', async () => (await ask('plain', port)).code === 0);
  await docker('rm', '-f', 'door');
  expect((await ask('nobody', 'plain')).code).toBe(1);
});

const plugins = await clientPlugins();

test.skipIf(!plugins)(
  'compose brings up three services on two networks',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tug-compose-'));
    const config = join(engine.directory, 'config');
    mkdirSync(join(config, 'cli-plugins'), { recursive: true });
    await run(['cp', join(plugins ?? '', 'cli-plugins/docker-compose'), join(config, 'cli-plugins/')]);
    const port = await freePort();
    const file = `
services:
  web:
    image: busybox
    command: sh -c 'mkdir -p /w; echo up >/w/index.html; exec httpd -f -h /w'
    networks: [front, back]
    ports: ["${port}:80"]
  api:
    image: busybox
    command: sleep 1000
    networks:
      back: { aliases: [service] }
  lonely:
    image: busybox
    command: sleep 1000
    networks: [front]
networks:
  front: {}
  back: { internal: true }
`;
    writeFileSync(join(directory, 'compose.yaml'), file);
    const compose = (...args: string[]) =>
      engine.docker(['compose', '-p', 'trio', '--project-directory', directory, ...args], { timeout: 60_000 });
    try {
      const up = await compose('up', '-d');
      expect([up.code, up.code === 0 ? '' : up.stderr]).toEqual([0, '']);
      expect(await lookUp('trio-web-1', 'service')).toEqual([await addressOf('trio-api-1', 'trio_back')]);
      expect(await lookUp('trio-lonely-1', 'api')).toEqual([]);
      expect(await lookUp('trio-lonely-1', 'web')).toEqual([await addressOf('trio-web-1', 'trio_front')]);
      await until('web serves', async () => (await run(['curl', '-s', `http://127.0.0.1:${port}`])).stdout === 'up\n');
      expect((await compose('down', '-t', '0')).code).toBe(0);
      expect(await docker('network', 'ls', '-q', '--filter', 'name=trio')).toBe('');
    } finally {
      await compose('down', '-t', '0');
      rmSync(directory, { recursive: true });
    }
  },
  90_000,
);
