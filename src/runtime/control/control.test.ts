import { afterEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Cgroups, freezeCgroup, isCgroupFrozen, parseCgroups, thawCgroup } from '../../host/index.ts';
import { createControl } from './control.ts';

// Files of the test's own in the two layouts; the kernel's are tried by test/system.

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const mounted = (at: string, type: string, options: string) => `1 0 0:1 / ${at} rw - ${type} ${type} rw,${options}\n`;

function versionOne(files: Record<string, string>): Cgroups & { at: string } {
  const at = fill(files);
  const names = ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids', 'blkio', 'freezer', 'devices'];
  const cgroups = parseCgroups({
    mountinfo: names.map((name) => mounted(join(at, name), 'cgroup', name)).join(''),
    own: names.map((name, index) => `${index}:${name}:/`).join('\n'),
    controllersAt: () => [],
  });
  return { ...cgroups, at };
}

function versionTwo(files: Record<string, string>): Cgroups & { at: string } {
  const at = fill(files);
  const controllers = ['cpuset', 'cpu', 'io', 'memory', 'pids'];
  const cgroups = parseCgroups({
    mountinfo: mounted(at, 'cgroup2', ''),
    own: '0::/',
    controllersAt: () => controllers,
  });
  return { ...cgroups, at };
}

function fill(files: Record<string, string>): string {
  const at = mkdtempSync(join(tmpdir(), 'tug-control-'));
  directories.push(at);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  return at;
}

const parent = () => ({ cpuset: { cpus: '0-1', mems: '0' } });
const read = (cgroups: { at: string }, path: string) => readFileSync(join(cgroups.at, path), 'utf8');

test('version 1: each limit reaches the file of its controller', () => {
  const files = {
    'memory/c/memory.limit_in_bytes': '100\n',
    'memory/c/memory.memsw.limit_in_bytes': '200\n',
    'cpuset/c/cpuset.cpus': '0-1\n',
    'cpuset/c/cpuset.mems': '0\n',
    'pids/c/pids.max': '10\n',
    'cpu/c/cpu.shares': '1024\n',
  };
  const cgroups = versionOne(files);
  const resources = { devices: [], memory: { limit: 300, swap: 600 }, pids: { limit: -1 }, cpu: { shares: 512 } };
  createControl(cgroups, '/c', parent).update(resources);
  expect(read(cgroups, 'memory/c/memory.limit_in_bytes')).toStartWith('300');
  expect(read(cgroups, 'memory/c/memory.memsw.limit_in_bytes')).toStartWith('600');
  expect(read(cgroups, 'pids/c/pids.max')).toStartWith('max');
  expect(read(cgroups, 'cpu/c/cpu.shares')).toStartWith('512');
});

test('version 2: each limit in the units of its file; what is not named stays', () => {
  const wanted = {
    'memory.max': '300',
    'memory.swap.max': '200',
    'memory.low': '100',
    'cpu.weight': '100',
    'cpu.max': '5000 100000',
    'pids.max': '7',
    'io.weight': 'default 4950',
    'cpuset.cpus': '0-1',
  };
  const files = Object.fromEntries(Object.keys(wanted).map((name) => [`c/${name}`, '0-1\n']));
  const cgroups = versionTwo(files);
  const resources = {
    memory: { limit: 300, swap: 500, reservation: 100 },
    cpu: { shares: 1024, quota: 5000 },
    pids: { limit: 7 },
    blockIO: { weight: 500 },
  };
  createControl(cgroups, '/c', () => ({ blkioWeight: 'io.weight' })).update({ devices: [], ...resources });
  for (const [name, text] of Object.entries(wanted)) expect(read(cgroups, `c/${name}`)).toStartWith(text);
});

test('what was written before a refusal is taken back, and the refusal says what it was about', () => {
  const cgroups = versionTwo({ 'c/memory.max': '4096\n', 'c/cpu.max': 'max 100000\n' });
  const control = createControl(cgroups, '/c', parent);
  expect(() => control.update({ devices: [], memory: { limit: 8192 }, pids: { limit: 5 } })).toThrow(
    `failed to write "5": open ${cgroups.at}/c/pids.max: no such file or directory`,
  );
  expect(read(cgroups, 'c/memory.max')).toBe('4096\n');
});

test('version 2 is read as it counts', () => {
  const cgroups = versionTwo({
    'c/cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n',
    'c/memory.current': '4096\n',
    'c/memory.max': 'max\n',
    'c/memory.stat': 'anon 1\nfile 2\n',
    'c/memory.events': 'low 0\noom 3\noom_kill 1\n',
    'c/pids.current': '2\n',
    'c/pids.max': '50\n',
    'c/io.stat': '8:0 rbytes=5 wbytes=6 rios=1 wios=2\n\n252:1 wbytes=9\n',
  });
  expect(createControl(cgroups, '/c', parent).usage()).toEqual({
    version: 2,
    cpu: { total: 30_000, user: 20_000, kernel: 10_000, throttling: { periods: 4, throttled: 2, time: 7000 } },
    memory: { usage: 4096, limit: Number.POSITIVE_INFINITY, failures: 3, details: { anon: 1, file: 2 } },
    pids: { current: 2, limit: 50 },
    block: {
      bytes: [
        { major: 8, minor: 0, op: 'read', value: 5 },
        { major: 8, minor: 0, op: 'write', value: 6 },
        { major: 252, minor: 1, op: 'read', value: 0 },
        { major: 252, minor: 1, op: 'write', value: 9 },
      ],
    },
  });
});

test('version 1 is read as it counts; the scheduler’s numbers before the throttle’s', () => {
  const throttled = '8:0 Read 5\n8:0 Total 5\nTotal 5\n';
  const files = {
    'cpuacct/c/cpuacct.usage': '30\n',
    'cpuacct/c/cpuacct.usage_percpu': '10 20 \n',
    'cpuacct/c/cpuacct.stat': 'user 2\nsystem 1\n',
    'cpu/c/cpu.stat': 'nr_periods 4\nnr_throttled 2\nthrottled_time 7\n',
    'memory/c/memory.usage_in_bytes': '4096\n',
    'memory/c/memory.max_usage_in_bytes': '8192\n',
    'memory/c/memory.limit_in_bytes': '9223372036854771712\n',
    'memory/c/memory.failcnt': '1\n',
    'memory/c/memory.stat': 'rss 1\n',
    'pids/c/pids.current': '2\n',
    'pids/c/pids.max': 'max\n',
    'blkio/c/blkio.throttle.io_service_bytes_recursive': throttled,
    'blkio/c/blkio.throttle.io_serviced_recursive': throttled,
  };
  expect(createControl(versionOne(files), '/c', parent).usage()).toMatchObject({
    version: 1,
    cpu: { total: 30, user: 20_000_000, kernel: 10_000_000, perCpu: [10, 20] },
    memory: { usage: 4096, most: 8192, failures: 1, details: { rss: 1 } },
    pids: { current: 2 },
    block: {
      bytes: [
        { op: 'read', value: 5 },
        { op: 'total', value: 5 },
      ],
    },
  });
  const scheduled = versionOne({ ...files, 'blkio/c/blkio.bfq.io_service_bytes_recursive': '8:0 Write 7\nTotal 7\n' });
  expect(createControl(scheduled, '/c', parent).usage().block.bytes).toEqual([
    { major: 8, minor: 0, op: 'write', value: 7 },
  ]);
});

test('version 2 freezes by its own file, and a cgroup that is gone is not frozen', async () => {
  const cgroups = versionTwo({ 'c/cgroup.freeze': '0\n', 'c/cgroup.events': 'populated 1\nfrozen 1\n' });
  await freezeCgroup(cgroups, '/c');
  expect(read(cgroups, 'c/cgroup.freeze')).toStartWith('1');
  expect(isCgroupFrozen(cgroups, '/c')).toBe(true);
  thawCgroup(cgroups, '/c');
  expect(isCgroupFrozen(cgroups, '/c')).toBe(false);
  expect(isCgroupFrozen(cgroups, '/gone')).toBe(false);
  // Of a frozen process that was killed the cgroup may be gone before anybody thaws it.
  thawCgroup(cgroups, '/gone');
});
