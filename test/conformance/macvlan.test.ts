// Containers that stand beside the host on an interface of it (macvlan, ipvlan): their packets, their life, and the words of refusals.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { makeNetns, type Netns } from '../support/netns.ts';

const peer = process.env.TUG_PEER_SOCK;
const number = process.pid % 250;
const subnet = (third: number): string => `10.${number}.${third}.0/24`;
const parent = `mv${process.pid}`;
const image = `macvlan-${process.pid}`;

let host: Netns;
/** A machine on the same wire as the parent. */
let lan: Netns;
let engine: Engine;

const docker = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.docker(args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} exited ${code}\n${stdout}${stderr}`);
  return stdout.trim();
};

const inside = (name: string, ...command: string[]) => docker('exec', name, ...command);
const start = (name: string, ...options: string[]) =>
  docker('run', '-d', '--name', name, ...options, 'busybox', 'httpd', '-f', '-p', '80');
const interfaces = async (name: string): Promise<string[]> =>
  [...(await inside(name, 'ip', '-o', 'link')).matchAll(/^\d+: (\w+)/gm)].map(([, link]) => link ?? '');
const answers = async (address: string): Promise<boolean> =>
  (await lan.exec('curl', '-s', '-m2', '-o', '/dev/null', '-w', '%{http_code}', `http://${address}/`)) === '404';

beforeAll(async () => {
  [host, lan] = [await makeNetns(`${parent}h`), await makeNetns(`${parent}l`)];
  await host.exec('ip', 'link', 'set', 'lo', 'up');
  await host.exec('ip', 'link', 'add', parent, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', lan.name);
  await host.exec('ip', 'link', 'set', parent, 'up');
  await lan.exec('ip', 'address', 'add', `10.${number}.1.1/24`, 'dev', 'eth0');
  await lan.exec('ip', 'link', 'set', 'eth0', 'up');
  engine = await startEngine({ netns: host.name });
  await engine.withBusybox();
  await docker('network', 'create', '-d', 'macvlan', '-o', `parent=${parent}`, '--subnet', subnet(1), 'wire');
  await docker('network', 'create', '-d', 'macvlan', '-o', `parent=${parent}`, '--subnet', subnet(2), 'other');
}, 60_000);

afterAll(async () => {
  await engine.dispose();
  await host.remove();
  await lan.remove();
}, 120_000);

test('a container is a machine on the wire, with an address and a MAC of its own', async () => {
  await start('one', '--network', 'wire', '--mac-address', '02:42:0a:58:02:4d', '-p', '8899:80');
  expect(await answers(`10.${number}.1.2`)).toBe(true);
  await lan.exec('busybox', 'ping', '-c1', '-W2', `10.${number}.1.2`);
  expect(await lan.exec('ip', 'neigh')).toContain('02:42:0a:58:02:4d');
  await inside('one', 'ping', '-c1', '-W2', `10.${number}.1.1`);
  expect(await inside('one', 'ip', 'route')).toContain(`default via 10.${number}.1.1 dev eth0`);
  // Ports are not published there: they are reached where they are.
  expect(await docker('port', 'one')).toBe('');
  await start('two', '--network', 'wire', '--ip', `10.${number}.1.77`);
  await inside('two', 'ping', '-c1', '-W2', 'one');
  await docker('rm', '-f', 'two');
});

test('it comes and goes on such networks while it runs, over restarts of the engine', async () => {
  await docker('network', 'connect', 'other', 'one');
  expect(await interfaces('one')).toEqual(['lo', 'eth0', 'eth1']);
  await engine.kill();
  await engine.start();
  expect(await answers(`10.${number}.1.2`)).toBe(true);
  // Its address is still its own.
  const taken = await engine.docker([
    'run',
    '--rm',
    '--network',
    'wire',
    '--ip',
    `10.${number}.1.2`,
    'busybox',
    'true',
  ]);
  expect(taken.stderr).toContain('Address already in use');
  await docker('network', 'disconnect', 'wire', 'one');
  expect(await interfaces('one')).toEqual(['lo', 'eth1']);
  expect(await inside('one', 'ip', 'route')).toContain(`default via 10.${number}.2.1 dev eth1`);
  expect((await engine.docker(['network', 'rm', 'other'])).stderr).toContain('has active endpoints');
});

test('killed as it comes, the engine takes the interface of nobody away again', async () => {
  await engine.stop();
  await engine.start({ TUG_CRASH_AT: 'network.connected' });
  await engine.docker(['network', 'connect', 'wire', 'one']);
  await engine.died();
  await engine.start();
  expect(await interfaces('one')).toEqual(['lo', 'eth1']);
  await docker('network', 'connect', 'wire', 'one');
  expect(await interfaces('one')).toEqual(['lo', 'eth0', 'eth1']);
  expect(await answers(`10.${number}.1.2`)).toBe(true);
  await docker('rm', '-f', 'one');
});

test('a parent that goes and comes again is found again', async () => {
  await host.exec('ip', 'link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1');
  await docker('network', 'create', '-d', 'macvlan', '-o', 'parent=gone0', '--subnet', subnet(4), 'gone');
  await host.exec('ip', 'link', 'delete', 'gone0');
  const refused = await engine.docker(['run', '--rm', '--network', 'gone', 'busybox', 'true']);
  expect(refused.stderr).toContain('the requested parent interface gone0 was not found on the Docker host');
  await engine.stop();
  await engine.start();
  await host.exec('ip', 'link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1');
  expect(await docker('run', '--rm', '--network', 'gone', 'busybox', 'ip', 'address')).toContain(`10.${number}.4.2/24`);
  await docker('network', 'rm', 'gone');
});

test('an internal one has no way out, and the doctor knows what such networks stand on', async () => {
  await docker(
    'network',
    'create',
    '-d',
    'macvlan',
    '--internal',
    '-o',
    `parent=${parent}`,
    '--subnet',
    subnet(3),
    'in',
  );
  await start('three', '--network', 'in');
  await start('four', '--network', 'in');
  expect(await inside('three', 'ip', 'route')).not.toContain('default');
  await inside('three', 'ping', '-c1', '-W2', 'four');
  const told = await engine.tug(['network', 'doctor', 'three', 'four']);
  expect(told.stdout).toContain(`three’s eth0 is a macvlan (bridge) of the host’s ${parent}, which is up`);
  expect(told.code).toBe(0);
  await docker('rm', '-f', 'three', 'four');
  await docker('network', 'rm', 'in');
});

/** Driver, and options of `network create`, on a host with the interfaces `parent` and lo; each is refused, or removed at once. */
const attempts: [driver: string, ...options: string[]][] = [
  ['macvlan', '-o', `parent=${parent}`, '-o', 'macvlan_mode=passthru'],
  ['macvlan', '-o', 'parent=nope0'],
  ['macvlan', '-o', 'parent=nope0.5'],
  ['macvlan', '-o', `parent=${parent}.5`],
  ['macvlan', '-o', `parent=${parent}.5000`],
  ['macvlan', '-o', 'parent=lo'],
  ['macvlan', '-o', `parent=${parent}`, '-o', 'macvlan_mode=bogus'],
  ['macvlan'],
  ['ipvlan', '-o', `parent=${parent}`, '-o', 'ipvlan_mode=bogus'],
  ['ipvlan', '-o', `parent=${parent}`, '-o', 'ipvlan_flag=bogus'],
  ['ipvlan', '-o', 'parent=lo'],
  ['ipvlan', '-o', `parent=${parent}`],
];

describe.skipIf(!peer)('as a real Docker', () => {
  const theirHost = (): string[] => {
    const pid = readFileSync(join(dirname(peer as string), 'docker.pid'), 'utf8').trim();
    return ['nsenter', '-t', pid, '-n'];
  };

  beforeAll(async () => {
    await must([...theirHost(), 'ip', 'link', 'add', parent, 'type', 'veth', 'peer', 'name', `${parent}p`]);
    const tar = await busyboxTar();
    for (const at of [`unix://${peer}`, engine.host]) await must(['docker', '-H', at, 'import', tar, image]);
    await must(['rm', tar]);
  }, 60_000);

  afterAll(async () => {
    await run([...theirHost(), 'ip', 'link', 'delete', parent]);
    await run(['docker', '-H', `unix://${peer}`, 'rmi', image]);
  });

  /** What making such a network says, and what starting a container on it does. */
  const attempt = async (at: string, options: string[]): Promise<string> => {
    const name = `${image}-net`;
    const made = await run(['docker', '-H', at, 'network', 'create', '--subnet', subnet(9), '-d', ...options, name]);
    if (made.code !== 0) return made.stderr.replaceAll(/[0-9a-f]{64}/g, 'ID');
    const started = await run(['docker', '-H', at, 'run', '--rm', '--network', name, image, 'true']);
    await must(['docker', '-H', at, 'network', 'rm', name]);
    return started.stderr.replaceAll(/[0-9a-f]{64}/g, 'ID');
  };

  test.each(attempts)('is told of %s %s %s %s %s', async (...options) => {
    const given = options.filter((option) => typeof option === 'string');
    await run(['docker', '-H', engine.host, 'network', 'rm', 'wire', 'other']);
    const theirs = await attempt(`unix://${peer}`, given);
    expect(await attempt(engine.host, given)).toBe(theirs);
  });
});
