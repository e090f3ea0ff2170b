// Every limit by what it does inside: time that is not given, memory that is refused, forks, devices, rates, files.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectCgroups, readCgroupFile } from '../../src/host/index.ts';
import { must, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const cgroups = detectCgroups();
const unified = cgroups.mode === 'v2';

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const MB = 1 << 20;
const run = (...args: string[]) => engine.tug(['run', '--rm', ...args]);
/** What a script says in a new container with these options. */
const says = async (options: string[], script: string) => (await run(...options, 'busybox', 'sh', '-c', script)).stdout;
const detached = async (name: string, options: string[], script: string) => {
  const { code, stderr } = await engine.tug(['run', '-d', '--name', name, ...options, 'busybox', 'sh', '-c', script]);
  expect([code, stderr]).toEqual([0, '']);
};
const remove = (...names: string[]) => engine.tug(['rm', '-f', ...names]);
const inspect = async (name: string) =>
  (await engine.request('GET', `/containers/${name}/json`)).json() as {
    Id: string;
    State: { Status: string; OOMKilled: boolean; ExitCode: number; Pid: number };
  };
const update = async (name: string, ...options: string[]) => {
  const { code, stderr } = await engine.tug(['update', ...options, name]);
  expect([code, stderr]).toEqual([0, '']);
};
const burn = 'while :; do :; done';

/** A control file of a container's cgroup. */
async function controlFile(name: string, controller: string, file: string): Promise<string> {
  const { Id, State } = await inspect(name);
  const lines = readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8');
  const [, cgroup = ''] =
    new RegExp(`:(?:[^:]*,)?${unified ? '' : controller}(?:,[^:]*)?:(.*${Id}.*)`).exec(lines) ?? [];
  return readCgroupFile(cgroups, controller, cgroup, file)?.trim() ?? '';
}

/** Seconds of processor that a container has had. */
async function cpuTime(name: string): Promise<number> {
  if (!unified) return Number(await controlFile(name, 'cpuacct', 'cpuacct.usage')) / 1e9;
  return Number(/usage_usec (\d+)/.exec(await controlFile(name, 'cpu', 'cpu.stat'))?.[1]) / 1e6;
}

/** The share of one processor that it has over a while. */
async function share(name: string): Promise<number> {
  const [before, at] = [await cpuTime(name), performance.now()];
  await Bun.sleep(1200);
  return ((await cpuTime(name)) - before) / ((performance.now() - at) / 1000);
}

const throttled = async (name: string) =>
  Number(/nr_throttled (\d+)/.exec(await controlFile(name, 'cpu', 'cpu.stat'))?.[1]);

test('of the processor it gets no more than its part; an update changes that at once', async () => {
  await detached('slow', ['--cpus', '0.2'], burn);
  await until('it is held back', async () => (await throttled('slow')) > 3);
  expect(await share('slow')).toBeLessThan(0.3);
  await update('slow', '--cpus', '0.05');
  const before = await throttled('slow');
  await until('it is held back', async () => (await throttled('slow')) > before + 3);
  expect(await share('slow')).toBeLessThan(0.1);
  await remove('slow');
  await detached('quota', ['--cpu-period', '20000', '--cpu-quota', '4000'], burn);
  await until('it is held back', async () => (await throttled('quota')) > 3);
  expect(await share('quota')).toBeLessThan(0.3);
  await remove('quota');
}, 60_000);

test('who has more shares of a processor gets more of it; a cpuset is all there is', async () => {
  await detached('much', ['--cpuset-cpus', '0', '--cpu-shares', '4096'], burn);
  await detached('little', ['--cpuset-cpus', '0', '--cpu-shares', '128'], burn);
  const [much, little] = [await cpuTime('much'), await cpuTime('little')];
  await until(
    'both had some',
    async () => (await cpuTime('much')) - much > 1 && (await cpuTime('little')) > little,
    40_000,
  );
  expect((await cpuTime('much')) - much).toBeGreaterThan(4 * ((await cpuTime('little')) - little));
  await remove('much', 'little');
  expect(await says(['--cpuset-cpus', '1'], 'grep Cpus_allowed_list /proc/self/status; nproc')).toMatch(/:\s*1\n1\n$/);
  expect(await says(['--cpuset-mems', '0'], 'grep Mems_allowed_list /proc/self/status')).toMatch(/:\s*0\n$/);
}, 90_000);

/** Holds so many megabytes as a variable of the shell. */
const hold = (megabytes: number) => `x=$(head -c ${megabytes}000000 /dev/zero | tr '\\0' a); echo \${#x}`;

test('memory above the limit kills who asks for it; more of it can be given while it runs', async () => {
  const { code, stdout } = await run('-m', '12m', '--memory-swap', '12m', 'busybox', 'sh', '-c', hold(20));
  expect([code === 137 || code === 2, stdout.includes('20000000')]).toEqual([true, false]);
  expect((await run('-m', '200m', 'busybox', 'sh', '-c', hold(20))).stdout).toBe('20000000\n');
  await detached('grows', ['-m', '12m', '--memory-swap', '12m'], 'while [ ! -e /go ]; do sleep 0.05; done');
  await update('grows', '-m', '200m', '--memory-swap', '200m');
  expect((await engine.tug(['exec', 'grows', 'sh', '-c', hold(20)])).stdout).toBe('20000000\n');
  await remove('grows');
}, 60_000);

test.skipIf(unified)(
  'without the OOM killer it stands still until there is more memory',
  async () => {
    const options = ['-m', '12m', '--memory-swap', '12m', '--oom-kill-disable'];
    await detached('patient', options, `${hold(20)}; sleep 1000`);
    await until('it waits', async () =>
      /under_oom 1/.test(await controlFile('patient', 'memory', 'memory.oom_control')),
    );
    expect((await inspect('patient')).State).toMatchObject({ Status: 'running', ExitCode: 0 });
    await update('patient', '-m', '200m', '--memory-swap', '200m');
    // How much came through is up to the kernel, which fails some reads meanwhile.
    await until('it goes on', async () => /^\d+\n$/.test((await engine.tug(['logs', 'patient'])).stdout));
    await remove('patient');
  },
  60_000,
);

test('a reservation, swappiness and the score of the OOM killer stand where the kernel looks', async () => {
  const options = ['-m', '64m', '--memory-reservation', '32m', '--oom-score-adj', '321'];
  await detached('soft', [...options, ...(unified ? [] : ['--memory-swappiness', '7'])], 'sleep 1000');
  const [soft, softly] = unified ? ['memory.low', 'low'] : ['memory.soft_limit_in_bytes', 'soft'];
  expect([softly, await controlFile('soft', 'memory', soft)]).toEqual([softly, String(32 * MB)]);
  if (!unified) expect(await controlFile('soft', 'memory', 'memory.swappiness')).toBe('7');
  expect((await engine.tug(['exec', 'soft', 'cat', '/proc/1/oom_score_adj'])).stdout).toBe('321\n');
  await update('soft', '--memory-reservation', '16m');
  expect(await controlFile('soft', 'memory', soft)).toBe(String(16 * MB));
  await remove('soft');
}, 30_000);

test('a fork too many is refused, also after an update', async () => {
  const fork = 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo all';
  expect((await run('--pids-limit', '4', 'busybox', 'sh', '-c', fork)).stderr).toContain("can't fork");
  expect(await says(['--pids-limit', '40'], `${fork}; kill -9 -1`)).toContain('all');
  await detached('forks', ['--pids-limit', '40'], 'sleep 1000');
  await update('forks', '--pids-limit', '4');
  expect((await engine.tug(['exec', 'forks', 'sh', '-c', fork])).stderr).toContain("can't fork");
  await remove('forks');
}, 60_000);

const open = 'mknod /f c 10 229; (exec 3</f) 2>&1 && echo read; (exec 3>/f) 2>&1 && echo write';

test.skipIf(!existsSync('/dev/fuse'))(
  'a device is refused unless it was given, and only as it was',
  async () => {
    expect(await says([], open)).not.toMatch(/^(read|write)$/m);
    expect(await says(['--device-cgroup-rule', 'c 10:229 rwm'], open)).toBe('read\nwrite\n');
    expect(await says(['--device-cgroup-rule', 'c 10:229 r'], open)).toMatch(/^read\n.*not permitted\n$/);
    const given = open.replace('mknod /f c 10 229; ', '').replaceAll('/f)', '/dev/x)');
    expect(await says(['--device', '/dev/fuse:/dev/x:w'], given)).toMatch(/not permitted\nwrite\n$/);
    expect(await says(['--privileged'], open)).toBe('read\nwrite\n');
  },
  30_000,
);

test('blocks come and go no faster than was said', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tug-limits-'));
  const file = join(directory, 'disk');
  writeFileSync(file, '');
  truncateSync(file, 16 * MB);
  const loop = (await must(['losetup', '-f', '--show', file])).trim();
  const seconds = async (options: string[], dd: string) => {
    const script = `dd ${dd} 2>/dev/null; cat /proc/uptime`;
    const timed = await says(['--device', loop, ...options], `cat /proc/uptime; ${script}`);
    const [before = 0, after = 0] = timed.split('\n').map(Number.parseFloat);
    return after - before;
  };
  try {
    const write = `if=/dev/zero of=${loop} bs=64k count=48 oflag=direct`;
    const read = `if=${loop} of=/dev/null bs=4k count=48 iflag=direct`;
    expect(await seconds(['--device-write-bps', `${loop}:2mb`], write)).toBeGreaterThan(1);
    expect(await seconds(['--device-write-iops', `${loop}:32`], write)).toBeGreaterThan(1);
    expect(await seconds(['--device-read-bps', `${loop}:128kb`], read)).toBeGreaterThan(1);
    expect(await seconds(['--device-read-iops', `${loop}:32`], read)).toBeGreaterThan(1);
    expect(await seconds([], write)).toBeLessThan(1);
  } finally {
    await must(['losetup', '-d', loop]);
    rmSync(directory, { recursive: true });
  }
}, 60_000);

test('what a process may have is bounded: files, their size, processes of a user, time, shared memory', async () => {
  const many = '(i=3; while eval "exec $i</dev/null"; do echo $i; i=$((i+1)); done) 2>/dev/null | tail -n 1';
  expect(await says(['--ulimit', 'nofile=24:24'], `ulimit -n; ${many}`)).toBe('24\n23\n');
  const large = 'head -c 100000 /dev/zero >/large; echo $?; wc -c </large';
  expect(await says(['--ulimit', 'fsize=4096'], large)).toMatch(/^(153|1)\n4096\n$/);
  const fork = ['-u', '54321', '--ulimit', 'nproc=2:2', 'busybox', 'sh', '-c', 'sleep 1 & sleep 1 & sleep 1 & wait'];
  expect((await run(...fork)).stderr).toContain("can't fork");
  expect((await run('--ulimit', 'cpu=1:2', 'busybox', 'sh', '-c', burn)).code).toBeGreaterThan(128);
  const shared = 'head -c 2000000 /dev/zero >/dev/shm/x; wc -c </dev/shm/x';
  expect(await says(['--shm-size', '1m'], shared)).toBe(`${MB}\n`);
  expect(await says(['--tmpfs', '/t:size=64k'], 'head -c 100000 /dev/zero >/t/x; wc -c </t/x')).toBe('65536\n');
}, 60_000);

test('an update that the kernel refuses changes nothing', async () => {
  await detached('kept', ['-m', '64m', '--pids-limit', '20'], 'sleep 1000');
  const before = await controlFile('kept', 'pids', 'pids.max');
  const { code } = await engine.tug(['update', '--pids-limit', '30', '--cpuset-cpus', '4000', 'kept']);
  expect([code, await controlFile('kept', 'pids', 'pids.max')]).toEqual([1, before]);
  await remove('kept');
}, 30_000);
