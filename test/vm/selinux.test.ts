// SELinux as Debian's kernel has it, enforcing: who may read what is told by types and categories, and by nothing else here.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detachedOverlay, usingFd, xattrAt } from '../../src/host/index.ts';
import { must } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tug-selinux-test-'));
const enforcing = () => readFileSync('/sys/fs/selinux/enforce', 'utf8') === '1';

beforeAll(async () => {
  expect(enforcing()).toBe(true);
  engine = await startEngine({ args: ['--selinux-enabled'] });
  await engine.withBusybox();
}, 120_000);

afterAll(async () => {
  rmSync(directory, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const run = (options: string[], script: string) =>
  engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script]);
const said = async (options: string[], script: string) => (await run(options, script)).stdout.trim();
const label = 'tr -d "\\0" </proc/self/attr/current';
const inspected = async (name: string, field: string) =>
  (await engine.tug(['inspect', '-f', `{{.${field}}}`, name])).stdout.trim();
const sleeping = async (name: string, ...options: string[]) => {
  await engine.tug(['run', '-d', '--name', name, ...options, 'busybox', 'sleep', '1000']);
  return inspected(name, 'ProcessLabel');
};
const read = async (name: string, script: string) => {
  const { code, stdout, stderr } = await engine.tug(['exec', name, 'sh', '-c', script]);
  return code === 0 ? stdout.trim() : (/Permission denied/.exec(stderr)?.[0] ?? `${code}: ${stderr}`);
};
const hostFile = (name: string) => {
  const path = join(directory, name);
  mkdirSync(path);
  writeFileSync(join(path, 'file'), `${name}\n`);
  return path;
};
const confined = /^system_u:system_r:container_t:s0:c\d+,c\d+$/;

test('a container’s processes have the policy’s domain and categories of their own, those of an exec too', async () => {
  const { stdout } = await engine.tug(['info', '-f', '{{json .SecurityOptions}}']);
  expect(stdout).toContain('"name=selinux"');
  const [one, other] = [await sleeping('one'), await sleeping('other')];
  expect([one, other]).toEqual([expect.stringMatching(confined), expect.stringMatching(confined)]);
  expect(one).not.toBe(other);
  expect(await inspected('one', 'MountLabel')).toBe(one.replace('system_r:container_t', 'object_r:container_file_t'));
  expect(await read('one', `${label}; echo; tr -d "\\0" </proc/1/attr/current`)).toBe(`${one}\n${one}`);
  expect(await must(['cat', `/proc/${await inspected('other', 'State.Pid')}/attr/current`])).toContain(other);
});

/** The labels of files as a container sees them, told from outside. */
const labelsIn = async (name: string, ...paths: string[]) => {
  const root = `/proc/${await inspected(name, 'State.Pid')}/root`;
  const listed = await must(['ls', '-dZ', ...paths.map((path) => `${root}${path}`)]);
  return new Set(
    listed
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ')[0]),
  );
};

test('its root, memory, devices and the engine’s files are its own, and it can use them', async () => {
  await sleeping('furnished', '--tmpfs', '/tmp/mine', '--init');
  const own = await inspected('furnished', 'MountLabel');
  const paths = [
    '/',
    '/bin/sh',
    '/dev',
    '/dev/null',
    '/dev/pts',
    '/dev/shm',
    '/dev/mqueue',
    '/tmp/mine',
    '/sys/firmware',
  ];
  const files = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
  expect([...(await labelsIn('furnished', ...paths, ...files))]).toEqual([own]);
  const script =
    'set -e; cat /etc/hosts /etc/resolv.conf /etc/hostname >/tmp/mine/x; cp /bin/busybox /busybox-too; /busybox-too true; cat /proc/1/comm';
  expect(await read('furnished', script)).toBe('docker-init');
  expect(await said(['-t'], 'tty')).toBe('/dev/pts/0');
  await engine.tug(['rm', '-f', 'furnished']);
});

test('a host’s file is not its business until it is given away: to all with z, to one with Z', async () => {
  const [plain, shared, own] = [hostFile('plain'), hostFile('shared'), hostFile('own')];
  expect((await run(['-v', `${plain}:/m`], 'cat /m/file')).stderr).toContain('Permission denied');
  expect(await said(['-v', `${plain}:/m`, '--security-opt', 'label=disable'], 'cat /m/file')).toBe('plain');
  expect(await said(['-v', `${plain}:/m`, '--privileged'], `cat /m/file; ${label}`)).toMatch(/^plain\n.*:kernel_t:s0$/);
  await sleeping('first', '-v', `${shared}:/shared:z`, '-v', `${own}:/own:Z`);
  await sleeping('second', '-v', `${shared}:/shared`, '-v', `${own}:/own`);
  expect(await read('first', 'cat /shared/file /own/file && echo more >/own/new && cat /own/new')).toBe(
    'shared\nown\nmore',
  );
  expect(await read('second', 'cat /shared/file')).toBe('shared');
  expect(await read('second', 'cat /own/file')).toBe('Permission denied');
  expect(await read('second', 'echo x >/shared/file && cat /shared/file')).toBe('x');
});

test('a path of the system is never given away', async () => {
  const { stderr } = await run(['-v', '/etc:/m:z'], 'true');
  expect(stderr).toContain("error setting label on mount source '/etc': SELinux relabeling of /etc is not allowed");
  expect(await must(['ls', '-dZ', '/etc'])).toContain(':etc_t:');
});

test('a volume belongs to every container, a secret and an image’s files to the one that has them', async () => {
  expect(
    await said(['-v', 'shelf:/shelf', '-v', '/loose'], 'echo book >/shelf/it; echo x >/loose/y; cat /loose/y'),
  ).toBe('x');
  expect(await said(['-v', 'shelf:/shelf:ro'], 'cat /shelf/it')).toBe('book');
  expect(await said(['--mount', 'type=volume,src=shelf,dst=/s'], 'cat /s/it')).toBe('book');
  const secret = join(hostFile('secret'), 'file');
  expect(await said(['--secret', `id=s,src=${secret}`], 'cat /run/secrets/s')).toBe('secret');
  expect(await said(['--mount', 'type=image,src=busybox,dst=/image'], 'test -x /image/bin/busybox && echo there')).toBe(
    'there',
  );
  await engine.tug(['volume', 'rm', 'shelf']);
});

test('who shares memory or processes shares the label; what another life needs of it is still there after a restart', async () => {
  const donor = await sleeping('donor', '--ipc', 'shareable');
  expect(await said(['--ipc', 'container:donor', '--pid', 'container:donor'], label)).toBe(donor);
  await engine.stop();
  await engine.start();
  expect(await inspected('donor', 'ProcessLabel')).toBe(donor);
  expect(await read('donor', label)).toBe(donor);
  await engine.tug(['restart', '-t', '0', 'donor']);
  expect(await read('donor', label)).toBe(donor);
});

test('runc and crun are given both labels', async () => {
  for (const runtime of ['runc', 'crun']) {
    const own = await sleeping(runtime, '--runtime', runtime, '-v', `${join(directory, 'plain')}:/m`);
    expect(await read(runtime, label)).toBe(own);
    expect(await read(runtime, 'cat /m/file')).toBe('Permission denied');
    const paths = ['/', '/dev', '/dev/shm', '/etc/hosts'];
    expect([...(await labelsIn(runtime, ...paths))]).toEqual([await inspected(runtime, 'MountLabel')]);
  }
});

test('on a driver whose trees are whole the files are labelled themselves', async () => {
  const whole = await startEngine({ args: ['--selinux-enabled', '--storage-driver', 'vfs'] });
  try {
    await whole.withBusybox();
    const { stdout } = await whole.tug([
      'run',
      '--rm',
      'busybox',
      'sh',
      '-c',
      `${label}; cp /bin/busybox /busybox-too && /busybox-too echo : done`,
    ]);
    expect(stdout).toMatch(/^system_u:system_r:container_t:s0:c\d+,c\d+: done\n$/);
  } finally {
    expect(await whole.dispose()).toEqual([]);
  }
});

test('the label holds for a root of more layers than one option has room for', () => {
  const base = join(directory, 'layers');
  const lower = Array.from({ length: 40 }, (_, index) => `layer-number-${index}`);
  for (const name of [...lower, 'upper', 'work']) mkdirSync(join(base, name), { recursive: true });
  const upper = { dir: 'upper', work: 'work', volatile: false };
  const own = 'system_u:object_r:container_file_t:s0:c1,c2';
  usingFd(detachedOverlay({ base, lower, upper, attachAt: 'attached', label: own }), (root) => {
    expect(xattrAt(root, '.', 'security.selinux')?.toString()).toBe(`${own}\0`);
  });
});

test('without --selinux-enabled there is no label, but what has one keeps it', async () => {
  const kept = await inspected('one', 'ProcessLabel');
  const plain = await startEngine();
  try {
    await plain.withBusybox();
    const { stdout } = await plain.tug([
      'run',
      '--rm',
      '--security-opt',
      'label=type:nonsense',
      'busybox',
      'sh',
      '-c',
      label,
    ]);
    expect(stdout).toContain(':kernel_t:s0');
    expect((await plain.tug(['info', '-f', '{{json .SecurityOptions}}'])).stdout).not.toContain('selinux');
  } finally {
    expect(await plain.dispose()).toEqual([]);
  }
  expect(await read('one', label)).toBe(kept);
});
