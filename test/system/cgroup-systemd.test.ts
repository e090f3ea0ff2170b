// Cgroups made by systemd, over a real message bus; systemd itself is played by test/support/fake-systemd.ts.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectCgroups } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { type FakeSystemd, removeSlice, startFakeSystemd } from '../support/fake-systemd.ts';
import { chosenRuntime } from '../support/runtime.ts';

const has = Bun.which('dbus-daemon') !== null && chosenRuntime === undefined;
const cgroups = detectCgroups();
const slice = `tugtest${process.pid}.slice`;
let directory: string;
let bus: ChildProcess;
let systemd: FakeSystemd;
let engine: Engine;

const config = (socket: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`;

beforeAll(async () => {
  if (!has) return;
  directory = mkdtempSync(join(tmpdir(), 'tug-bus-'));
  const socket = join(directory, 'bus');
  writeFileSync(join(directory, 'bus.conf'), config(socket));
  bus = spawn('dbus-daemon', ['--nofork', `--config-file=${join(directory, 'bus.conf')}`], { stdio: 'inherit' });
  await until('the bus listens', () => existsSync(socket));
  systemd = await startFakeSystemd(socket, cgroups);
  engine = await startEngine({
    args: ['--exec-opt', 'native.cgroupdriver=systemd', '--cgroup-parent', slice],
    env: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` },
  });
  await engine.withBusybox();
});

afterAll(async () => {
  if (!has) return;
  const left = await engine.dispose();
  systemd.close();
  bus.kill();
  await once(bus, 'exit'); // it removes its socket, and would meet the removal of the directory
  removeSlice(cgroups, slice);
  rmSync(directory, { recursive: true, force: true });
  expect(left.filter((trace) => !trace.includes(slice))).toEqual([]);
}, 60_000);

const tug = async (...args: string[]) => {
  const { code, stdout, stderr } = await engine.tug(args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim();
};
const pidOf = async (id: string) => Number(await tug('inspect', '-f', '{{.State.Pid}}', id));

const limits = ['-m', '64m', '--cpus', '0.5', '--pids-limit', '30'];

test.skipIf(!has)('a container is a scope in the slice, with its limits, and nothing else stays in it', async () => {
  const id = await tug('run', '-d', ...limits, '--cgroupns', 'host', 'busybox', 'sleep', '1000');
  const unit = `tug-${id}.scope`;
  const pid = await pidOf(id);
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  expect(lines.every((line) => line.endsWith(`:/${slice}/${unit}`))).toBe(true);
  expect(systemd.units.get(unit)).toMatchObject({
    Slice: slice,
    Delegate: true,
    DefaultDependencies: false,
    TasksMax: 30n,
    CPUQuotaPerSecUSec: 500_000n,
    [cgroups.mode === 'v2' ? 'MemoryMax' : 'MemoryLimit']: BigInt(64 << 20),
  });
  const memory = cgroups.directoryOf('memory', `/${slice}/${unit}`) ?? '';
  await until('the one who held it is gone', () => readFileSync(join(memory, 'cgroup.procs'), 'utf8') === `${pid}\n`);
  expect(await tug('info', '-f', '{{.CgroupDriver}}')).toBe('systemd');
  await tug('update', '--pids-limit', '40', id);
  await until('systemd knows', () => systemd.units.get(unit)?.TasksMax === 40n);
  expect(await tug('exec', id, 'cat', '/proc/self/cgroup')).toContain(unit);
  await tug('rm', '-f', id);
  await until('its cgroup is gone', () => !existsSync(memory));
});

test.skipIf(!has)('a unit that is in the way is forgotten; a job that fails is told, and nothing runs', async () => {
  const id = await tug('create', '--name', 'again', 'busybox', 'sleep', '1000');
  systemd.units.set(`tug-${id}.scope`, {});
  await tug('start', 'again');
  expect(systemd.calls).toContain('ResetFailedUnit');
  await tug('rm', '-f', 'again');
  systemd.result = 'failed';
  const { code, stderr } = await engine.tug(['run', '--rm', 'busybox', 'true']);
  systemd.result = 'done';
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/unable to start unit tug-[0-9a-f]{64}\.scope: the job ended as failed/);
});

test.skipIf(!has)('a parent is a slice', async () => {
  const { code, stderr } = await engine.tug(['run', '--rm', '--cgroup-parent', '/docker', 'busybox', 'true']);
  const words = 'cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"';
  expect([code, stderr.split('\n')[0]]).toEqual([125, `tug: Error response from daemon: ${words}`]);
});
