// The container-runtime items of the CIS Docker Benchmark: what a container has that asks for nothing, here and with a real Docker,
// and that docs/security.md says so.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';

let engine: Engine;
let peer: string | undefined;
const name = `tug-cis-${process.pid}`;

beforeAll(async () => {
  // First: what it leaves is not the engine's.
  peer = await startPeer();
  engine = await startEngine();
  const tar = await busyboxTar();
  for (const socket of sockets()) await docker(socket, 'import', '-c', 'CMD ["sleep","1000"]', tar, name);
  rmSync(tar);
}, 600_000);

afterAll(async () => {
  if (peer !== undefined) {
    await docker(peer, 'rm', '-fv', name, `${name}-port`);
    await docker(peer, 'rmi', name);
  }
  expect(await engine.dispose()).toEqual([]);
}, 180_000);

const sockets = () => [engine.socket, ...(peer === undefined ? [] : [peer])];

async function docker(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(['docker', ...args], { env: { DOCKER_HOST: `unix://${socket}` } });
  return stdout;
}

interface Inspect {
  Id: string;
  State: { Pid: number; Health?: object };
  AppArmorProfile: string;
  HostConfig: Record<string, unknown> & { RestartPolicy: { Name: string }; NetworkMode: string };
  Mounts: { Propagation: string }[];
  NetworkSettings: { Ports: Record<string, { HostIp: string }[] | null> };
}

const inspect = async (socket: string, container: string) =>
  (JSON.parse(await docker(socket, 'inspect', container)) as Inspect[])[0] as Inspect;

const status = (text: string, field: string) => new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
const ones = (hex: string) => [...BigInt(`0x${hex}`).toString(2)].filter((bit) => bit === '1').length;
const none = (value: unknown) =>
  value === null || value === undefined || value === 0 || (Array.isArray(value) && value.length === 0)
    ? 'none'
    : JSON.stringify(value);
const standard = 'console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' ');

const of = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');

/** Every item, as the table has it. */
async function measure(socket: string, enginePid: number): Promise<Record<string, string>> {
  await docker(socket, 'run', '-d', '--name', name, name);
  await docker(socket, 'create', '--name', `${name}-port`, '-p', '80', '-v', '/opt:/host', name);
  await docker(socket, 'start', `${name}-port`);
  const found = await inspect(socket, name);
  const other = await inspect(socket, `${name}-port`);
  const { State } = found;
  const [init, ofInit] = [of(State.Pid, 'status'), of(State.Pid, 'cgroup')];
  const [exec = '', mounts = '', devices = '', cgroup = ''] = (
    await docker(
      socket,
      'exec',
      name,
      'sh',
      '-c',
      'cat /proc/self/status; echo ==; cat /proc/mounts; echo ==; ls /dev; echo ==; cat /proc/self/cgroup; id -u',
    )
  ).split('==\n');
  const kinds = ['net', 'pid', 'ipc', 'uts', 'user'] as const;
  const namespaceOf = (pid: number, kind: string) => readlinkSync(`/proc/${pid}/ns/${kind}`);
  const [net, pid, ipc, uts, user] = kinds.map((kind) =>
    namespaceOf(State.Pid, kind) === namespaceOf(enginePid, kind) ? "the host's" : 'its own',
  ) as [string, string, string, string, string];
  await docker(socket, 'rm', '-fv', name, `${name}-port`);
  return {
    '5.9': net,
    '5.15': pid,
    '5.16': ipc,
    '5.20': uts,
    '5.30': user,
    ...ofInspect(found, other),
    ...ofProcesses({ init, exec }),
    '5.12': / \/ overlay rw,/.test(mounts) ? 'writable' : 'read only',
    '5.17': none(
      devices
        .trim()
        .split('\n')
        .filter((device) => !standard.includes(device)),
    ),
    // In a namespace of its own, which is the default with version 2, it is what looks like the root.
    '5.24': ofInit.includes(found.Id) && (cgroup.includes(found.Id) || /^0::\/$/m.test(cgroup)) ? 'its own' : cgroup,
    '5.31': /docker\.sock|tug\.sock/.test(mounts) ? 'yes' : 'no',
  };
}

/** What is shown of a plain container, and of one with a port and a bind. */
function ofInspect(found: Inspect, other: Inspect): Record<string, string> {
  const { HostConfig: host, State } = found;
  const ports = other.NetworkSettings.Ports['80/tcp']?.map(({ HostIp }) => HostIp) ?? [];
  return {
    // Without AppArmor on this host, Docker shows none; with it, the default.
    '5.1': found.AppArmorProfile || 'docker-default',
    '5.4': host.Privileged ? 'yes' : 'no',
    '5.5': none(found.Mounts),
    '5.7': none(Object.keys(found.NetworkSettings.Ports)),
    '5.10': none(host.Memory),
    '5.11': host.CpuShares === 0 ? "the kernel's" : String(host.CpuShares),
    '5.13': ports.includes('0.0.0.0') ? 'every address' : ports.join(),
    '5.14': host.RestartPolicy.Name,
    '5.18': none(host.Ulimits) === 'none' ? "the engine's" : JSON.stringify(host.Ulimits),
    '5.19': other.Mounts[0]?.Propagation ?? '',
    '5.26': State.Health === undefined ? "the image's" : JSON.stringify(State.Health),
    '5.28': none(host.PidsLimit),
    '5.29': host.NetworkMode === 'bridge' ? 'the default bridge' : host.NetworkMode,
  };
}

/** By /proc/PID/status of the first process and of an exec. */
function ofProcesses({ init, exec }: { init: string; exec: string }): Record<string, string> {
  return {
    '5.3': String(ones(status(init, 'CapBnd'))),
    '5.21': status(init, 'Seccomp') === '2' ? 'filter' : 'none',
    '5.22': status(exec, 'CapEff') === status(init, 'CapEff') ? "the container's" : status(exec, 'CapEff'),
    '5.23': status(exec, 'Uid') === status(init, 'Uid') ? "the container's" : status(exec, 'Uid'),
    '5.25': status(init, 'NoNewPrivs') === '1' ? 'yes' : 'no',
  };
}

/** The table's columns by its items. */
function documented(column: 'tug' | 'docker'): Record<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
  const rows = page.matchAll(/^\| (5\.\d+) \| .*? \| (.*?) \| (.*?) \|$/gm);
  return Object.fromEntries([...rows].map(([, item, own, theirs]) => [item, column === 'tug' ? own : theirs]));
}

test('a container that asks for nothing has what the table says', async () => {
  expect(await measure(engine.socket, engine.pid())).toEqual(documented('tug'));
}, 180_000);

test('so it has with a real Docker', async () => {
  if (peer === undefined) return;
  const pid = Number(readFileSync(join(dirname(peer), 'docker.pid'), 'utf8'));
  expect(await measure(peer, pid)).toEqual(documented('docker'));
}, 120_000);
