// What is done to a container that lives, down to the kernel: it stands still, its limits are other ones, its numbers are true.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Cgroups, detectCgroups } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const cgroups: Cgroups = detectCgroups();

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

interface Inspect {
  Id: string;
  State: { Status: string; Paused: boolean; Pid: number; ExitCode: number; OOMKilled: boolean };
  HostConfig: Record<string, unknown>;
}

const inspect = async (name: string) => (await engine.request('GET', `/containers/${name}/json`)).json() as Inspect;

async function post(path: string, body?: unknown): Promise<unknown> {
  const answer = await engine.request('POST', path, body);
  if (answer.status >= 400) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.text === '' ? undefined : answer.json();
}

async function start(name: string, script: string, HostConfig: object = {}): Promise<Inspect> {
  await post(`/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig });
  await post(`/containers/${name}/start`);
  return inspect(name);
}

const remove = (name: string) => engine.request('DELETE', `/containers/${name}?force=1`);

/** CPU time in ticks. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const runs = (pid: number) => {
  const before = ticks(pid);
  return until('it runs', () => ticks(pid) > before);
};

/** Whether it got no CPU time while another process of this machine got a tenth of a second of it. */
function standsStill(pid: number): boolean {
  const before = ticks(pid);
  for (const own = process.cpuUsage().user; process.cpuUsage().user - own < 100_000; );
  return ticks(pid) === before;
}

const busy = 'while :; do :; done';

test('a paused container does not run, survives the engine, and goes on', async () => {
  const { Id, State } = await start('still', busy);
  await runs(State.Pid);
  await post('/containers/still/pause');
  expect(standsStill(State.Pid)).toBe(true);
  await engine.kill();
  await engine.start();
  expect((await inspect(Id)).State).toMatchObject({ Status: 'paused', Paused: true, Pid: State.Pid });
  expect(standsStill(State.Pid)).toBe(true);
  expect((await engine.request('POST', '/containers/still/exec', { Cmd: ['true'] })).status).toBe(409);
  await post('/containers/still/unpause');
  await runs(State.Pid);
  await remove('still');
}, 60_000);

test('stop, kill, restart and removal of a paused one', async () => {
  await start('ends', "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
  await until('its trap is set', async () => (await engine.tug(['logs', 'ends'])).stdout === 'ready\n');
  await post('/containers/ends/pause');
  await post('/containers/ends/stop?t=20');
  expect((await inspect('ends')).State).toMatchObject({ Status: 'exited', ExitCode: 7, Paused: false });
  await post('/containers/ends/start');
  await post('/containers/ends/pause');
  await post('/containers/ends/kill');
  expect((await inspect('ends')).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  await post('/containers/ends/start');
  await post('/containers/ends/pause');
  await post('/containers/ends/restart?t=0');
  expect((await inspect('ends')).State.Status).toBe('running');
  await post('/containers/ends/pause');
  expect((await remove('ends')).status).toBe(204);
}, 60_000);

const isV2 = cgroups.mode === 'v2';
/** A control file of a container's cgroup, by its name on version 1 and on version 2. */
function limit(id: string, controller: string, [one, two]: [one: string, two: string]): string {
  const directory = cgroups.directoryOf(controller, `/tug/${id}`) ?? '';
  return readFileSync(join(directory, isV2 ? two : one), 'utf8').trim();
}

const MB = 1 << 20;
const memoryOf = (id: string) => Number(limit(id, 'memory', ['memory.limit_in_bytes', 'memory.max']));

test('an update changes the limits in the kernel, up and down, and they hold after a restart', async () => {
  const { Id } = await start('limits', 'sleep 1000', { Memory: 32 * MB, MemorySwap: 64 * MB, PidsLimit: 20 });
  // Up beyond the old sum of memory and swap, and down below the old memory.
  for (const megabytes of [128, 16, 48]) {
    await post('/containers/limits/update', { Memory: megabytes * MB, MemorySwap: 2 * megabytes * MB });
    expect(memoryOf(Id)).toBe(megabytes * MB);
  }
  await post('/containers/limits/update', { CpuPeriod: 50_000, CpuQuota: 25_000, CpusetCpus: '0', PidsLimit: 7 });
  const cpu = () =>
    isV2
      ? limit(Id, 'cpu', ['', 'cpu.max'])
      : `${limit(Id, 'cpu', ['cpu.cfs_quota_us', ''])} ${limit(Id, 'cpu', ['cpu.cfs_period_us', ''])}`;
  const all = () => [
    cpu(),
    limit(Id, 'cpuset', ['cpuset.cpus', 'cpuset.cpus']),
    limit(Id, 'pids', ['pids.max', 'pids.max']),
  ];
  expect(all()).toEqual(['25000 50000', '0', '7']);
  await post('/containers/limits/restart?t=0');
  expect([...all(), memoryOf(Id)]).toEqual(['25000 50000', '0', '7', 48 * MB]);
  await post('/containers/limits/update', { PidsLimit: -1, MemorySwap: -1 });
  expect(limit(Id, 'pids', ['pids.max', 'pids.max'])).toBe('max');
  await remove('limits');
}, 60_000);

test('what the kernel refuses leaves everything as it was', async () => {
  const { Id } = await start('refused', 'sleep 1000', { Memory: 64 * MB, MemorySwap: 64 * MB, CpuShares: 200 });
  const shares = () => limit(Id, 'cpu', ['cpu.shares', 'cpu.weight']);
  const before = shares();
  const answer = await engine.request('POST', '/containers/refused/update', { CpuShares: 900, MemorySwap: 32 * MB });
  expect([answer.status, answer.text]).toEqual([500, expect.stringContaining(`Cannot update container ${Id}: `)]);
  expect([shares(), memoryOf(Id)]).toEqual([before, 64 * MB]);
  expect((await inspect('refused')).HostConfig).toMatchObject({ CpuShares: 200, MemorySwap: 64 * MB });
  await remove('refused');
}, 30_000);

interface Sample {
  read: string;
  preread: string;
  pids_stats: { current?: number; limit?: number };
  cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage: number };
  precpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage: number };
  memory_stats: { usage?: number; limit?: number };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
}

const statsOf = async (name: string, query = 'stream=0') =>
  (await engine.request('GET', `/containers/${name}/stats?${query}`)).json() as Sample;

test('stats are what the kernel counts', async () => {
  const { State } = await start('numbers', busy, { Memory: 64 * MB, PidsLimit: 9 });
  await runs(State.Pid);
  const sample = await statsOf('numbers');
  const used = sample.cpu_stats.cpu_usage.total_usage - sample.precpu_stats.cpu_usage.total_usage;
  expect(used).toBeGreaterThan(0);
  expect(sample.cpu_stats.system_cpu_usage).toBeGreaterThan(sample.precpu_stats.system_cpu_usage);
  expect(Date.parse(sample.read)).toBeGreaterThan(Date.parse(sample.preread));
  expect(sample.pids_stats).toEqual({ current: 1, limit: 9 });
  expect(sample.memory_stats.limit).toBe(64 * MB);
  expect(sample.memory_stats.usage).toBeGreaterThan(0);
  expect(Object.keys(sample.networks ?? {})).toEqual(['eth0']);
  await remove('numbers');
}, 30_000);

test('network counters are those of the container’s own interface', async () => {
  const { State } = await start(
    'talks',
    'ping -c 3 -i 0.1 $(ip route | sed -n "s/^default via \\([^ ]*\\).*/\\1/p"); sleep 1000',
  );
  const counted = () => /eth0: *(\d+)/.exec(readFileSync(`/proc/${State.Pid}/net/dev`, 'utf8'))?.[1];
  await until('three answers have come', () => Number(counted()) > 3 * 84);
  expect((await statsOf('talks', 'stream=0&one-shot=1')).networks?.eth0?.rx_bytes).toBeGreaterThan(3 * 84);
  await remove('talks');
  await start('alone', 'sleep 1000', { NetworkMode: 'none' });
  expect((await statsOf('alone', 'stream=0&one-shot=1')).networks).toBeUndefined();
  await remove('alone');
}, 30_000);

test('a stream of stats ends when its container is removed', async () => {
  await start('streamed', 'sleep 1000');
  const response = await fetch('http://tug/containers/streamed/stats', { unix: engine.socket });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  expect(new TextDecoder().decode(first.value)).toContain('"name":"/streamed"');
  await remove('streamed');
  for (let { done } = first; !done; ) ({ done } = await reader.read());
}, 30_000);

interface Top {
  Titles?: string[];
  Processes?: string[][];
  message?: string;
}

const top = async (args: string) =>
  (await engine.request('GET', `/containers/shown/top?ps_args=${encodeURIComponent(args)}`)).json() as Top;

test('top shows the container’s processes and nobody else’s', async () => {
  const { State } = await start('shown', 'sleep 1000 & sleep 2000; wait');
  const listed = await until('all three are there', async () => {
    const found = await top('-o pid,args');
    return found.Processes?.length === 3 ? found : undefined;
  });
  expect(listed.Titles).toEqual(['PID', 'COMMAND']);
  expect(listed.Processes?.map(([, command]) => command).toSorted()).toEqual([
    'sh -c sleep 1000 & sleep 2000; wait',
    'sleep 1000',
    'sleep 2000',
  ]);
  expect(listed.Processes?.map(([pid]) => Number(pid))).toContain(State.Pid);
  expect(await top('-o comm')).toEqual({ message: "Couldn't find PID field in ps output" });
  expect((await top('--nosuch')).message).toStartWith('ps: error: ');
  await remove('shown');
}, 30_000);

test('without a ps on the host, top says so', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'tug-path-'));
  // What an engine with another runtime needs to start at all.
  const runtime = Bun.which(process.env.TUG_RUNTIME ?? '');
  if (runtime) symlinkSync(runtime, join(empty, basename(runtime)));
  await start('unseen', 'sleep 1000');
  await engine.stop();
  await engine.start({ PATH: empty });
  const answer = await engine.request('GET', '/containers/unseen/top');
  expect([answer.status, answer.json()]).toEqual([
    500,
    { message: 'ps: exec: "ps": executable file not found in $PATH' },
  ]);
  await engine.stop();
  await engine.start();
  rmSync(empty, { recursive: true });
  await remove('unseen');
}, 60_000);

test('prune frees what the containers had written', async () => {
  await start('writes', 'head -c 100000 /dev/zero > /written');
  await post('/containers/writes/wait');
  const { Id } = await inspect('writes');
  const upper = join(engine.directory, 'data/containers', Id);
  expect(existsSync(upper)).toBe(true);
  const listed = (await engine.request('GET', '/containers/json?all=1&size=1')).json() as { SizeRw?: number }[];
  expect(listed.map(({ SizeRw }) => SizeRw)).toEqual([100_000]);
  expect(await post('/containers/prune')).toEqual({ ContainersDeleted: [Id], SpaceReclaimed: 100_000 });
  expect(existsSync(upper)).toBe(false);
}, 30_000);

test('the OOM killer’s work is told while the container goes on', async () => {
  const since = Date.now() / 1000;
  const script =
    'while :; do sleep 0.05; [ -e /go ] || continue; rm /go; sh -c "x=a; while :; do x=\\$x\\$x; done"; done';
  await start('survives', script, { Memory: 16 * MB, MemorySwap: 16 * MB });
  await engine.tug(['exec', 'survives', 'touch', '/go']);
  await until('it is told', async () => (await inspect('survives')).State.OOMKilled);
  expect((await inspect('survives')).State.Status).toBe('running');
  await remove('survives');
  const path = `/events?since=${since}&until=${Date.now() / 1000 + 1}&filters={"event":["oom"]}`;
  const events = (await engine.request('GET', path)).text.trim().split('\n');
  expect(events.map((line) => (JSON.parse(line) as { Actor: { Attributes: object } }).Actor.Attributes)).toEqual([
    expect.objectContaining({ name: 'survives' }),
  ]);
}, 60_000);

test('the OOM killer’s work is told', async () => {
  await start('greedy', 'x=a; while :; do x=$x$x; done', { Memory: 16 * MB, MemorySwap: 16 * MB });
  await post('/containers/greedy/wait');
  expect((await inspect('greedy')).State).toMatchObject({ OOMKilled: true, ExitCode: 137 });
  await remove('greedy');
}, 60_000);
