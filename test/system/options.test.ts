// Options of a container whose effect shows between containers, in the kernel's files, or in which runtime has it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { shimOf } from '../support/runtime.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

interface Inspect {
  Id: string;
  State: { Pid: number; Status: string; ExitCode: number; Error: string };
  HostConfig: Record<string, unknown>;
}

/** Creates and starts a container that sleeps, or what `extra` says; what `start` answers. */
async function start(name: string, HostConfig: object, extra: object = {}) {
  const body = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig, ...extra };
  const created = await engine.request('POST', `/containers/create?name=${name}`, body);
  if (created.status !== 201) return created;
  return engine.request('POST', `/containers/${name}/start`);
}

const inspect = async (name: string) => (await engine.request('GET', `/containers/${name}/json`)).json() as Inspect;
const remove = (...names: string[]) =>
  Promise.all(names.map((name) => engine.request('DELETE', `/containers/${name}?force=1`)));
const run = (...args: string[]) => engine.tug(['run', '--rm', ...args]);
const message = ({ text }: { text: string }) => (JSON.parse(text) as { message: string }).message;

test('memory is shared with whom a donor lets in, and refused otherwise in Docker’s words', async () => {
  expect((await start('donor', { IpcMode: 'shareable', ShmSize: 1 << 20 })).status).toBe(204);
  await engine.tug(['exec', 'donor', 'sh', '-c', 'echo shared >/dev/shm/file']);
  const see = ['sh', '-c', 'cat /dev/shm/file; readlink /proc/self/ns/ipc; df -k /dev/shm | tail -n 1'];
  const inside = (await engine.tug(['exec', 'donor', ...see])).stdout;
  expect(inside).toMatch(/^shared\nipc:.*\nshm +1024 /);
  expect((await run('--ipc', 'container:donor', 'busybox', ...see)).stdout).toBe(inside);
  await run('--ipc=container:donor', 'busybox', 'sh', '-c', 'echo back >/dev/shm/file');
  expect((await engine.tug(['exec', 'donor', 'cat', '/dev/shm/file'])).stdout).toBe('back\n');

  const { Id } = await inspect('donor');
  await start('guest', { IpcMode: `container:${Id.slice(0, 12)}` });
  expect((await inspect('guest')).HostConfig.IpcMode).toBe(`container:${Id}`);
  expect((await start('chained', { IpcMode: 'container:guest' })).status).toBe(204);

  expect((await start('alone', {})).status).toBe(204);
  const { Id: alone } = await inspect('alone');
  const refused = await start('refused', { IpcMode: 'container:alone' });
  expect([refused.status, message(refused)]).toEqual([
    400,
    `failed to join IPC namespace: container ${alone}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  ]);
  const absent = await start('absent', { IpcMode: 'container:nosuch' });
  expect([absent.status, message(absent)]).toEqual([400, 'No such container: nosuch']);
  await remove('chained', 'guest', 'alone', 'refused');
  await engine.request('POST', '/containers/donor/stop?t=0');
  const late = await start('late', { IpcMode: 'container:donor' });
  expect([late.status, message(late)]).toEqual([409, `failed to join IPC namespace: container ${Id} is not running`]);
  const pid = await start('late-pid', { PidMode: 'container:donor' });
  expect([pid.status, message(pid)]).toEqual([500, `failed to join PID namespace: container ${Id} is not running`]);
  await remove('donor', 'late', 'late-pid');
}, 60_000);

test('processes are shared with one that joins', async () => {
  expect((await start('init-of-two', {})).status).toBe(204);
  const { stdout } = await run('--pid', 'container:init-of-two', 'busybox', 'ps');
  expect(stdout).toMatch(/^ +1 root +sleep 1000$/m);
  expect(stdout).toMatch(/ ps$/m);
  await remove('init-of-two');
});

const disk = ['/dev/vda', '/dev/sda', '/dev/nvme0n1', '/dev/xvda'].find((path) => existsSync(path));
const cgroups = detectCgroups();
const unified = cgroups.mode === 'v2';
const io = unified ? 'io' : 'blkio';

/** The rates that the kernel has for a container, in the words of v1 or v2. */
function ratesOf(id: string): string[] {
  const directory = cgroups.directoryOf(io, `/tug/${id}`) ?? '';
  const files = unified ? ['io.max'] : ['blkio.throttle.read_bps_device', 'blkio.throttle.write_iops_device'];
  return files.map((file) => readFileSync(join(directory, file), 'utf8').replace(/^\d+:\d+ /, ''));
}

test.skipIf(!disk || cgroups.directoryOf(io, '/') === undefined)('rates of a device are the kernel’s', async () => {
  const rates = {
    BlkioDeviceReadBps: [{ Path: disk, Rate: 1 << 20 }],
    BlkioDeviceWriteIOps: [{ Path: disk, Rate: 77 }],
  };
  expect((await start('slow', rates)).status).toBe(204);
  const { Id } = await inspect('slow');
  expect(ratesOf(Id)).toEqual(unified ? ['rbps=1048576 wbps=max riops=max wiops=77\n'] : ['1048576\n', '77\n']);
  const refused = await start('no-device', { BlkioDeviceReadBps: [{ Path: '/dev/nosuch', Rate: 1 }] });
  expect([refused.status, message(refused)]).toEqual([500, 'stat /dev/nosuch: no such file or directory']);
  await remove('slow', 'no-device');
});

test('a cgroup goes where its parent is said to be', async () => {
  expect((await start('below', { CgroupParent: '/tug/tug-test.slice' })).status).toBe(204);
  const { Id, State } = await inspect('below');
  expect(readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8')).toContain(`/tug/tug-test.slice/${Id}\n`);
  await remove('below');
  // The parent is the user's, and stays.
  const roots = readdirSync('/sys/fs/cgroup', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = ['/sys/fs/cgroup', ...roots.map(({ name }) => join('/sys/fs/cgroup', name))];
  const made = paths.map((path) => join(path, 'tug/tug-test.slice')).filter((path) => existsSync(path));
  for (const path of made) await until(path, () => Bun.spawnSync(['rmdir', path]).success || !existsSync(path));
});

test.each(['native', 'runc', 'crun'])(
  '--runtime %s: told, restarted, found again by the next engine',
  async (Runtime) => {
    const name = `by-${Runtime}`;
    expect((await start(name, { Runtime }, { Cmd: ['sh', '-c', 'echo life; exec sleep 1000'] })).status).toBe(204);
    expect((await inspect(name)).HostConfig.Runtime).toBe(Runtime);
    expect((await engine.request('POST', `/containers/${name}/restart?t=0`)).status).toBe(204);
    await engine.kill();
    await engine.start();
    expect((await inspect(name)).State.Status).toBe('running');
    expect((await engine.tug(['exec', name, 'echo', 'still'])).stdout).toBe('still\n');
    expect((await engine.tug(['logs', name])).stdout).toBe('life\nlife\n');
    // Its monitor is killed while no engine looks.
    const { State } = await inspect(name);
    await engine.kill();
    process.kill(shimOf(State.Pid), 'SIGKILL');
    await engine.start();
    await until('the end', async () => (await inspect(name)).State.Status === 'exited');
    const after = (await inspect(name)).State;
    expect([after.ExitCode, after.Error]).toEqual([137, 'the monitor of the process was killed']);
    await until('its process to be gone', () => {
      const stat = `/proc/${State.Pid}/stat`;
      return !existsSync(stat) || readFileSync(stat, 'utf8').includes(') Z ');
    });
    await remove(name);
    const left = readdirSync(join(engine.directory, 'exec/containers'));
    expect(left).toEqual([]);
  },
  60_000,
);

test('runtimes are told of, and one that is not there is refused', async () => {
  const info = (await engine.request('GET', '/info')).json() as { Runtimes: object; DefaultRuntime: string };
  expect(Object.keys(info.Runtimes)).toEqual(
    expect.arrayContaining(['native', 'runc', 'crun', 'io.containerd.runc.v2']),
  );
  const refused = await start('nobody', { Runtime: 'nosuch' });
  expect([refused.status, message(refused)]).toEqual([400, 'unknown or invalid runtime name: nosuch']);
});
