// Containers, images, networks and volumes of another engine are taken over: of a real Docker, and of a tug.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Result, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';

const name = `tug-migrate-${process.pid}`;
let engine: Engine;
let other: Engine;
let peer: string | undefined;

beforeAll(async () => {
  peer = await startPeer();
  other = await startEngine();
  engine = await startEngine();
}, 600_000);
afterAll(async () => {
  // What it leaves is found at the end of the other, which began before it.
  await engine.dispose();
  expect(await other.dispose()).toEqual([]);
}, 60_000);

const there = async (host: string, ...args: string[]): Promise<Result> => {
  const result = await run(['docker', ...args], { env: { DOCKER_HOST: host } });
  if (result.code !== 0) throw new Error(`docker ${args.join(' ')}: ${result.stderr}`);
  return result;
};

async function furnish(host: string): Promise<void> {
  const tar = await busyboxTar();
  await there(host, 'import', '--change', 'CMD ["sh"]', tar, `${name}:1`);
  rmSync(tar);
  await there(host, 'network', 'create', '--subnet', '10.77.3.0/24', '--label', 'a=b', name);
  await there(host, 'volume', 'create', '--label', 'kept=yes', name);
  const script =
    'echo mine >/mine; rm /etc/group; mkdir -p /v/deep; echo data >/v/deep/file; chown 1000:1000 /v/deep/file';
  const settings = [
    '--network',
    name,
    '--network-alias',
    'nick',
    '-v',
    `${name}:/v`,
    '-e',
    'A=1',
    '-m',
    '64m',
    '--restart',
    'on-failure:3',
  ];
  await there(host, 'run', '--name', name, ...settings, '--label', 'x=y', `${name}:1`, 'sh', '-c', script);
  await there(host, 'create', '--name', `${name}-plain`, `${name}:1`, 'echo', 'plain');
}

async function clear(host: string): Promise<void> {
  const env = { DOCKER_HOST: host };
  await run(['docker', 'rm', '-fv', name, `${name}-plain`], { env });
  await run(['docker', 'volume', 'rm', name], { env });
  await run(['docker', 'network', 'rm', name], { env });
  await run(['docker', 'rmi', '-f', `${name}:1`, `migrated/${name}:latest`], { env });
}

async function isMoved(host: string): Promise<void> {
  try {
    await furnish(host);
    const moved = await engine.tug(['system', 'migrate', '--from', host, name, `${name}-plain`]);
    expect(moved).toMatchObject({ code: 0, stderr: '' });
    expect(moved.stdout.trim().split('\n')).toEqual([
      `image migrated/${name}:latest`,
      `network ${name}`,
      `volume ${name}`,
      `container ${name}`,
      `image ${name}:1`,
      `container ${name}-plain`,
    ]);
    expect((await there(host, 'images', '-q', `migrated/${name}`)).stdout).toBe('');
    const format =
      '{{json .Config.Env}} {{.Config.Labels.x}} {{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}}';
    const shown = (await engine.tug(['inspect', '-f', format, name])).stdout;
    expect(shown).toMatch(/"A=1".* y 67108864 on-failure created\n/);
    const subnet = await engine.tug([
      'network',
      'inspect',
      '-f',
      '{{(index .IPAM.Config 0).Subnet}} {{.Labels.a}}',
      name,
    ]);
    expect(subnet.stdout).toBe('10.77.3.0/24 b\n');
    expect((await engine.tug(['volume', 'inspect', '-f', '{{.Labels.kept}}', name])).stdout).toBe('yes\n');
    const look = 'cat /mine /v/deep/file; ls /etc/group; stat -c %u /v/deep/file';
    const seen = await engine.tug(['run', '--rm', '--volumes-from', name, `migrated/${name}`, 'sh', '-c', look]);
    expect(seen.stdout).toBe('mine\ndata\n1000\n');
    expect(await engine.tug(['start', '-a', `${name}-plain`])).toMatchObject({ code: 0, stdout: 'plain\n' });
    // Once more changes nothing.
    const again = await engine.tug(['system', 'migrate', '--from', host, name]);
    expect(again).toEqual({ code: 0, stdout: `container ${name} is there already\n`, stderr: '' });
    const unknown = await engine.tug(['system', 'migrate', '--from', host, 'nosuch']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('container nosuch: ');
  } finally {
    await clear(host);
    await clear(engine.host);
  }
}

test('from another tug', () => isMoved(other.host), 120_000);

test('from a real Docker', async () => {
  if (peer) await isMoved(`unix://${peer}`);
}, 120_000);
