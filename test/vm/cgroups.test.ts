// A machine that has cgroup v2 and nothing else: what is told of it, what a container sees, what it is counted.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const says = async (options: string[], script: string) =>
  (await engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script])).stdout;
const json = async <T>(path: string) => (await engine.request('GET', path)).json() as T;

test('the machine has cgroup v2 alone, and the engine says so without a warning', async () => {
  expect(detectCgroups().mode).toBe('v2');
  const info = await json<Record<string, unknown>>('/info');
  expect(info).toMatchObject({
    CgroupVersion: '2',
    CgroupDriver: 'cgroupfs',
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    OomKillDisable: false,
  });
  expect(info.SecurityOptions).toContain('name=cgroupns');
  expect(info.Warnings ?? []).toEqual([]);
});

test('a container sees its own cgroup as the root; with the host’s namespace it sees where it lies', async () => {
  const own = 'cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | head -n 1; touch /sys/fs/cgroup/x 2>&1';
  expect(await says([], own)).toBe('0::/\n1\ntouch: /sys/fs/cgroup/x: Read-only file system\n');
  expect(await says(['--cgroupns', 'host'], 'cat /proc/self/cgroup')).toMatch(/^0::\/tug\/[0-9a-f]{64}\n$/);
  const writes = 'mkdir /sys/fs/cgroup/below && echo made';
  expect(await says(['--privileged'], writes)).toBe('made\n');
});

test('figures come in the shape that Docker gives them on such a machine', async () => {
  await engine.tug(['run', '-d', '--name', 'counted', '-m', '64m', '--cpus', '0.5', 'busybox', 'sleep', '1000']);
  const stats = await json<Record<string, Record<string, unknown>>>('/containers/counted/stats?stream=0');
  const cpu = stats.cpu_stats as { cpu_usage: Record<string, number> };
  expect(Object.keys(cpu.cpu_usage).toSorted()).toEqual(['total_usage', 'usage_in_kernelmode', 'usage_in_usermode']);
  expect(cpu.cpu_usage.total_usage).toBeGreaterThan(0);
  expect(stats.memory_stats).toMatchObject({ limit: 64 << 20, usage: expect.any(Number) });
  const { stats: details } = stats.memory_stats as { stats: Record<string, number> };
  for (const key of ['anon', 'file', 'inactive_file', 'pgfault', 'slab']) expect(details[key]).toBeNumber();
  expect(Object.keys(stats.memory_stats ?? {}).toSorted()).toEqual(['limit', 'stats', 'usage']);
  const raw = (await engine.request('GET', '/containers/counted/stats?stream=0')).text;
  expect(raw).toContain('"pids_stats":{"current":1,"limit":18446744073709551615}');
  expect(stats.blkio_stats).toMatchObject({ io_wait_time_recursive: null, sectors_recursive: null });
  await engine.tug(['rm', '-f', 'counted']);
});

test('pause stops what runs and unpause lets it go on; what is paused can be killed', async () => {
  const ticking = 'i=0; while :; do i=$((i+1)); echo $i >/n; done';
  await engine.tug(['run', '-d', '--name', 'ticks', 'busybox', 'sh', '-c', ticking]);
  const { State } = await json<{ State: { Pid: number } }>('/containers/ticks/json');
  const used = () => readFileSync(`/proc/${State.Pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');
  expect((await engine.tug(['pause', 'ticks'])).code).toBe(0);
  const before = used();
  await Bun.sleep(500);
  expect(used()).toBe(before);
  expect((await engine.tug(['unpause', 'ticks'])).code).toBe(0);
  await until('it goes on', () => used() !== before);
  await engine.tug(['pause', 'ticks']);
  expect((await engine.tug(['kill', 'ticks'])).code).toBe(0);
  expect((await engine.tug(['wait', 'ticks'])).stdout).toBe('137\n');
  await engine.tug(['rm', 'ticks']);
});

test('who is killed for its memory is known to be, and an event tells of it', async () => {
  const since = String(Math.floor(Date.now() / 1000));
  const eats = "x=$(head -c 40000000 /dev/zero | tr '\\0' a); echo $x | wc -c";
  const limits = ['-m', '12m', '--memory-swap', '12m'];
  await engine.tug([
    'run',
    '--name',
    'eats',
    ...limits,
    'busybox',
    'sh',
    '-c',
    `exec sh -c "${eats.replaceAll('$', '\\$').replaceAll('"', '\\"')}"`,
  ]);
  const { State } = await json<{ State: Record<string, unknown> }>('/containers/eats/json');
  expect(State).toMatchObject({ OOMKilled: true, Status: 'exited' });
  const events = await engine.tug([
    'events',
    '--since',
    since,
    '--until',
    String(Math.ceil(Date.now() / 1000)),
    '--filter',
    'event=oom',
    '--format',
    '{{.Actor.Attributes.name}}',
  ]);
  expect(events.stdout).toMatch(/^eats$/m);
  await engine.tug(['rm', 'eats']);
});

test('what v2 has no place for is refused or left out in Docker’s words', async () => {
  const swappiness = await engine.tug(['create', '--memory-swappiness', '7', '--oom-kill-disable', 'busybox']);
  expect(swappiness.stderr).toContain('WARNING: ');
  await engine.tug(['rm', swappiness.stdout.trim()]);
});

test('limits and their changes stand in the files of version 2', async () => {
  const given =
    '-m 64m --memory-swap 100m --memory-reservation 32m --cpu-shares 512 --cpus 0.5 --blkio-weight 500'.split(' ');
  // Of a weight for one device nothing is left where bfq does not see to it, and the container starts all the same.
  const device = ['--blkio-weight-device', '/dev/vda:200', '--device-write-bps', '/dev/vda:2mb'];
  await engine.tug(['run', '-d', '--name', 'limited', ...given, ...device, 'busybox', 'sleep', '1000']);
  const files = 'memory.max memory.swap.max memory.low cpu.max cpu.weight io.max'.split(' ');
  const { Id } = await json<{ Id: string }>('/containers/limited/json');
  const stand = () => files.map((file) => readFileSync(`/sys/fs/cgroup/tug/${Id}/${file}`, 'utf8').trim());
  const rates = expect.stringMatching(/^\d+:\d+ rbps=max wbps=2097152 riops=max wiops=max$/);
  expect(stand()).toEqual([String(64 << 20), String(36 << 20), String(32 << 20), '50000 100000', '59', rates]);
  const changed = '-m 128m --memory-swap -1 --memory-reservation 16m --cpu-shares 2048 --cpus 1'.split(' ');
  expect((await engine.tug(['update', ...changed, 'limited'])).code).toBe(0);
  expect(stand()).toEqual([String(128 << 20), 'max', String(16 << 20), '100000 100000', '174', rates]);
  await engine.tug(['rm', '-f', 'limited']);
});

/** The first process makes cgroups of its own, as a systemd or an engine does; its own cgroup is then open to none. */
const divides = [
  'cd /sys/fs/cgroup && mkdir own below && echo 1 >own/cgroup.procs',
  'echo "+memory +pids" >cgroup.subtree_control && echo divided && exec sleep 1000',
].join(' && ');

for (const options of [[], ['--user', '1000'], ['--runtime', 'runc']]) {
  test(`an exec ${options.join(' ')} joins a first process that has made cgroups of its own`, async () => {
    const where = options[0] === '--runtime' ? options : [];
    await engine.tug(['run', '-d', '--name', 'divided', '--privileged', ...where, 'busybox', 'sh', '-c', divides]);
    await until('it is divided', async () => (await engine.tug(['logs', 'divided'])).stdout === 'divided\n');
    const exec = ['exec', ...(where.length > 0 ? [] : options), 'divided', 'cat', '/proc/self/cgroup'];
    expect(await engine.tug(exec)).toMatchObject({ code: 0, stdout: '0::/own\n', stderr: '' });
    expect((await engine.tug(['update', '--pids-limit', '50', 'divided'])).code).toBe(0);
    const { Id } = await json<{ Id: string }>('/containers/divided/json');
    expect(readFileSync(`/sys/fs/cgroup/tug/${Id}/pids.max`, 'utf8')).toBe('50\n');
    expect(
      (await json<{ pids_stats: { current: number } }>('/containers/divided/stats?stream=0')).pids_stats.current,
    ).toBe(1);
    expect((await engine.tug(['rm', '-f', 'divided'])).code).toBe(0);
    await until('nothing is left of them', () => !existsSync(`/sys/fs/cgroup/tug/${Id}`));
  });
}

test('an engine in a container makes room for limits of its own containers', async () => {
  const executable = join(import.meta.dirname, '../../dist/tug');
  const libraries = ['/usr', '/lib', '/lib64'].filter((path) => existsSync(path));
  const script = [
    '/tug daemon --data-root /in/data --exec-root /in/exec --pidfile /in/pid -H unix:///in/s >/in/log 2>&1 &',
    'export DOCKER_HOST=unix:///in/s',
    'for i in $(seq 600); do /tug version >/dev/null 2>&1 && break; sleep 0.5; done',
    'mkdir -p /in/root/bin; cp /own/busybox /in/root/bin/cat; /own/busybox tar -C /in/root -cf /in/tar .',
    '/tug import /in/tar box >/dev/null',
    '/tug run --rm -m 64m --cpus 0.5 --network none box cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max',
    'cat /sys/fs/cgroup/cgroup.procs | wc -l; kill $(cat /in/pid); wait',
  ];
  const binds = [
    ...libraries.map((path) => `${path}:${path}:ro`),
    `${executable}:/tug:ro`,
    '/bin/busybox:/own/busybox:ro',
  ];
  const options = ['--privileged', '-v', '/in', ...binds.flatMap((bind) => ['-v', bind])];
  const inside = await engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script.join('\n')]);
  // Whoever was in the root of its cgroups has left it.
  expect([inside.stdout, inside.stderr]).toEqual([`${64 << 20}\n50000 100000\n0\n`, '']);
}, 600_000);
