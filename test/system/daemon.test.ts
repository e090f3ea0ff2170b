import { afterAll, beforeAll, expect, test } from 'bun:test';
import { globSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-daemon-'));
const file = join(directory, 'tug.json');
const told = {
  labels: ['place=here'],
  'log-driver': 'local',
  'log-opts': { 'max-size': '1m' },
  'default-shm-size': '32M',
  'default-ulimits': { nofile: { Name: 'nofile', Soft: 100, Hard: 200 } },
  'default-cgroupns-mode': 'private',
  init: true,
  'no-new-privileges': true,
  'seccomp-profile': 'unconfined',
  'cgroup-parent': '/tug/test-daemon',
  dns: ['192.0.2.1'],
  'dns-search': ['example.test'],
  'dns-opts': ['ndots:3'],
  mtu: 1400,
  'host-gateway-ip': '192.0.2.7',
  'default-network-opts': { bridge: { 'com.docker.network.driver.mtu': '1300' } },
  'raw-logs': true,
};
const tell = (more: object): void => writeFileSync(file, JSON.stringify({ ...told, ...more }));

let engine: Engine;
beforeAll(async () => {
  tell({});
  engine = await startEngine({ args: [`--config-file=${file}`, '--icc=false'] });
  await engine.withBusybox();
});
afterAll(async () => {
  await engine.stop();
  tell({});
  await engine.start();
  const { stdout } = await engine.tug(['ps', '-aq']);
  const all = stdout.split('\n').filter((id) => id !== '');
  if (all.length > 0) await engine.tug(['rm', '-f', ...all]);
  // A parent that was asked for stays, as Docker's does.
  for (const cgroup of globSync('/sys/fs/cgroup/{,*/}tug/test-daemon')) rmdirSync(cgroup);
  const left = await engine.dispose();
  rmSync(directory, { recursive: true });
  expect(left).toEqual([]);
}, 30_000);

const inside = async (script: string, ...options: string[]): Promise<string> => {
  const { stdout, stderr, code } = await engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script]);
  expect([stderr, code]).toEqual(['', 0]);
  return stdout.trim();
};

test('containers get what the configuration says, and what they say themselves instead', async () => {
  expect(await inside('ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1; cat /proc/1/comm')).toMatch(
    /^100\n200\nshm +32768 .*\ndocker-init$/,
  );
  expect(await inside('grep -E "NoNewPrivs|Seccomp:" /proc/self/status')).toBe('NoNewPrivs:\t1\nSeccomp:\t0');
  const asked = ['--ulimit=nofile=50:60', '--shm-size=16m', '--init=false', '--security-opt=no-new-privileges=false'];
  const own = 'ulimit -n; df -k /dev/shm | tail -1; cat /proc/1/comm; grep NoNewPrivs /proc/self/status';
  expect(await inside(own, ...asked)).toMatch(/^50\nshm +16384 .*\nsh\nNoNewPrivs:\t0$/);
  const { stdout } = await engine.tug(['run', '--rm', '--cgroupns=host', 'busybox', 'cat', '/proc/self/cgroup']);
  expect(stdout).toContain(':/tug/test-daemon/');
});

test('names, gateways and networks are as the configuration says', async () => {
  const resolver = await inside('cat /etc/resolv.conf');
  expect(resolver).toContain('nameserver 192.0.2.1\nsearch example.test\noptions ndots:3\n');
  expect(await inside('cat /etc/resolv.conf', '--dns=192.0.2.2')).toContain(
    'nameserver 192.0.2.2\nsearch example.test',
  );
  expect(await inside('grep gw /etc/hosts; cat /sys/class/net/eth0/mtu', '--add-host=gw:host-gateway')).toBe(
    '192.0.2.7\tgw\n1400',
  );
  await engine.tug(['network', 'create', 'told']);
  await engine.tug(['network', 'create', '--opt=com.docker.network.driver.mtu=1350', 'asked']);
  expect(await inside('cat /sys/class/net/eth0/mtu', '--network=told')).toBe('1300');
  expect(await inside('cat /sys/class/net/eth0/mtu', '--network=asked')).toBe('1350');
  await engine.tug(['network', 'rm', 'told', 'asked']);
});

test('with --icc=false containers of the default bridge do not reach each other, and inspect says so', async () => {
  await engine.tug(['run', '-d', '--name=server', '--init=false', 'busybox', 'nc', '-lk', '-p', '99', '-e', 'true']);
  const address = await engine.tug(['inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'server']);
  const reached = await engine.tug(['run', '--rm', 'busybox', 'nc', '-w', '1', address.stdout.trim(), '99']);
  expect(reached.code).not.toBe(0);
  const shown = await engine.tug(['network', 'inspect', '-f', '{{json .Options}}', 'bridge']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ 'com.docker.network.bridge.enable_icc': 'false' });
  await engine.tug(['rm', '-f', 'server']);
});

test('the log driver and its options are those of the configuration, where the driver is', async () => {
  const config = async (...options: string[]) => {
    await engine.tug(['create', '--name=logged', ...options, 'busybox']);
    const { stdout } = await engine.tug(['inspect', '-f', '{{json .HostConfig.LogConfig}}', 'logged']);
    await engine.tug(['rm', 'logged']);
    return JSON.parse(stdout) as unknown;
  };
  expect(await config()).toEqual({ Type: 'local', Config: { 'max-size': '1m' } });
  expect(await config('--log-opt=max-size=2m')).toEqual({ Type: 'local', Config: { 'max-size': '2m' } });
  expect(await config('--log-driver=json-file')).toEqual({ Type: 'json-file', Config: {} });
});

test('info shows the settings; what has no effect is warned of', async () => {
  const info = (await engine.request('GET', '/info')).json();
  expect(info).toMatchObject({
    Labels: ['place=here'],
    LoggingDriver: 'local',
    LiveRestoreEnabled: true,
    SecurityOptions: expect.arrayContaining(['name=seccomp,profile=unconfined', 'name=no-new-privileges']),
  });
  expect(engine.daemonLog()).toContain('raw-logs has no effect');
});

test('SIGHUP: what can change changes at once and is told; a broken file changes nothing and is said', async () => {
  const more = { runtimes: { mine: { path: '/bin/true' } }, 'insecure-registries': ['reg.example:5000'] };
  const since = String(Math.floor(Date.now() / 1000) - 1);
  tell({
    labels: ['place=there'],
    'default-shm-size': '8M',
    debug: true,
    'max-concurrent-downloads': 7,
    mtu: 1399,
    ...more,
  });
  process.kill(engine.pid(), 'SIGHUP');
  await until('the labels have changed', async () => (await labels()) === 'there');
  expect((await engine.request('GET', '/info')).json()).toMatchObject({
    Runtimes: { mine: { path: '/bin/true' } },
    RegistryConfig: { IndexConfigs: { 'reg.example:5000': { Secure: false } } },
  });
  expect((await engine.tug(['create', '--name=other', '--runtime=mine', 'busybox'])).code).toBe(0);
  await engine.tug(['rm', 'other']);
  expect(await inside('df -k /dev/shm | tail -1')).toMatch(/^shm +8192 /);
  expect(engine.daemonLog()).toContain('level=debug msg="Reset Max Concurrent Downloads: 7"');
  expect(engine.daemonLog()).toMatch(/change when the engine starts anew" settings=network/);

  writeFileSync(file, '{"labels": ["place=nowhere"], "foo": 1}');
  process.kill(engine.pid(), 'SIGHUP');
  const words = `unable to configure the Docker daemon with file ${file}: the following directives don't match any configuration option: foo`;
  await until('the refusal is in the log', () => engine.daemonLog().includes(words));
  expect(await labels()).toBe('there');
  const events = await engine.tug([
    'events',
    `--since=${since}`,
    `--until=${Math.floor(Date.now() / 1000) + 1}`,
    '--filter=type=daemon',
    '--format={{json .}}',
  ]);
  const [event, ...others] = events.stdout.trim().split('\n');
  expect(others).toEqual([]);
  expect(JSON.parse(event ?? '')).toMatchObject({
    Type: 'daemon',
    Action: 'reload',
    Actor: {
      Attributes: {
        debug: 'true',
        labels: '["place=there"]',
        'default-shm-size': String(8 << 20),
        'max-concurrent-downloads': '7',
        'live-restore': 'true',
      },
    },
  });
  tell({});
});

const labels = async (): Promise<string> => {
  const { Labels } = (await engine.request('GET', '/info')).json() as { Labels: string[] };
  return Labels[0]?.split('=')[1] ?? '';
};

test('live-restore: containers end with the engine only where that is asked for, and policies hold for the next', async () => {
  const running = async () => (await engine.tug(['ps', '--format={{.Names}}'])).stdout.trim().split('\n').toSorted();
  const trap = 'trap "echo bye; exit 3" TERM; while :; do sleep 0.1; done';
  await engine.tug(['run', '-d', '--name=once', 'busybox', 'sh', '-c', trap]);
  await engine.tug(['run', '-d', '--name=again', '--restart=always', 'busybox', 'sh', '-c', trap]);
  await engine.stop();
  await engine.start();
  expect(await running()).toEqual(['again', 'once']);

  tell({ 'live-restore': false });
  process.kill(engine.pid(), 'SIGHUP');
  await until('info shows it', async () => {
    const { LiveRestoreEnabled } = (await engine.request('GET', '/info')).json() as { LiveRestoreEnabled: boolean };
    return !LiveRestoreEnabled;
  });
  const { stdout: before } = await engine.tug(['inspect', '-f', '{{.State.StartedAt}}', 'again']);
  await engine.stop();
  tell({});
  await engine.start();
  const { stdout: once } = await engine.tug(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'once']);
  expect(once.trim()).toBe('exited 3');
  await until('the policy holds', async () => (await running())[0] === 'again');
  expect((await engine.tug(['inspect', '-f', '{{.State.StartedAt}}', 'again'])).stdout).not.toBe(before);
  await engine.tug(['rm', '-f', 'once', 'again']);
}, 60_000);

test('--validate says OK, or what is wrong, and starts nothing', async () => {
  const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
  const validate = async (text: string, ...flags: string[]) => {
    const path = join(directory, 'other.json');
    writeFileSync(path, text);
    return run([program, 'daemon', '--validate', `--config-file=${path}`, ...flags]);
  };
  expect(await validate('{"debug": true}')).toMatchObject({ code: 0, stderr: 'configuration OK\n' });
  expect(await validate('{"debug": true}', '--debug')).toMatchObject({
    code: 1,
    stderr: `unable to configure the Docker daemon with file ${join(directory, 'other.json')}: the following directives are specified both as a flag and in the configuration file: debug: (from flag: true, from file: true)\n`,
  });
});

test('the default bridge’s range, way out and masquerading; a log in JSON', async () => {
  const probe = await startEngine({
    args: ['--fixed-cidr=10.248.77.64/28', '--default-gateway=10.248.77.66', '--ip-masq=false', '--log-format=json'],
    bip: '10.248.77.1/24',
  });
  try {
    await probe.withBusybox();
    const { stdout } = await probe.tug(['run', '--rm', 'busybox', 'sh', '-c', 'ip -4 -o addr show eth0; ip route']);
    const [, last] = /inet 10\.248\.77\.(\d+)\/24/.exec(stdout) ?? [];
    expect(Number(last)).toBeGreaterThanOrEqual(64);
    expect(Number(last)).toBeLessThan(80);
    expect(stdout).toContain('default via 10.248.77.66 dev eth0');
    const set = async (name: string) =>
      (await run(['nft', 'list', 'set', 'inet', `tug_${probe.bridge}`, name])).stdout.includes(`"${probe.bridge}"`);
    expect([await set('bridges'), await set('masquerade')]).toEqual([true, false]);
    const shown = (await probe.request('GET', '/networks/bridge')).json() as { IPAM: object; Options: object };
    expect(shown).toMatchObject({
      IPAM: { Config: [{ Subnet: '10.248.77.0/24', IPRange: '10.248.77.64/28' }] },
      Options: { 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
    });
    const lines = probe.daemonLog().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain(
      'Daemon has completed initialization',
    );
  } finally {
    expect(await probe.dispose()).toEqual([]);
  }
}, 60_000);
