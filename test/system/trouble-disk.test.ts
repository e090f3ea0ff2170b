// Disks that are out of inodes, read-only, emptied or broken: each says so, nothing is made up, and what runs goes on.
import { afterEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { must, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
afterEach(async () => expect(await engine.dispose()).toEqual([]), 30_000);

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
const root = () => join(engine.directory, 'data');
const inside = (...command: string[]) => must(['nsenter', '-t', String(engine.pid()), '-m', ...command]);
const ok = { code: 0, stdout: 'well\n' };
const well = () => engine.tug(['run', '--rm', 'busybox', 'echo', 'well']);

test('no inode is left: what is new is refused in the system’s words, what runs goes on, and all is well once there are some', async () => {
  engine = await startEngine({ dataSize: '256m,nr_inodes=900' });
  await engine.withBusybox();
  const runs = await engine.tug([
    'run',
    '-d',
    '--name',
    'runs',
    'busybox',
    'sh',
    '-c',
    'while :; do echo x; sleep 0.05; done',
  ]);
  expect(runs.code).toBe(0);
  const filler = await engine.tug([
    'run',
    '--name',
    'filler',
    'busybox',
    'sh',
    '-c',
    'i=0; while touch /f$i; do i=$((i+1)); done',
  ]);
  expect(filler.stderr).toContain('No space left on device');
  const refused = await engine.tug(['run', '--name', 'late', 'busybox', 'true']);
  expect(refused.code).toBe(125);
  expect(refused.stderr).toContain('no space left on device');
  expect((await engine.tug(['volume', 'create', 'late'])).stderr).toContain('no space left on device');
  const seen = async () => (await engine.tug(['logs', 'runs'])).stdout.length;
  const before = await seen();
  await until('its log grows', async () => (await seen()) > before);
  expect((await engine.tug(['stop', '-t', '0', 'runs'])).code).toBe(0);
  expect((await engine.tug(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'runs'])).stdout).toBe(
    'exited 137\n',
  );
  expect((await engine.tug(['rm', 'filler'])).code).toBe(0);
  await engine.tug(['rm', 'late']);
  expect(await well()).toMatchObject(ok);
  expect(await engine.tug(['system', 'fsck'])).toMatchObject({ code: 0 });
}, 60_000);

/** An engine whose data root is an ext4 of its own, which the kernel makes read-only when told of an error, as it does with a dying disk. */
async function onOwnDisk(work: string): Promise<() => void> {
  const image = join(work, 'image');
  await must(['truncate', '-s', '128M', image]);
  await must(['mkfs.ext4', '-q', '-F', image]);
  const daemon = `exec ${executable} "$@"`;
  const mount = `for a; do case $a in --data-root=*) d=\${a#*=};; esac; done; mkdir -p $d; mount -o loop,errors=remount-ro ${image} $d`;
  const script = join(work, 'tug');
  writeFileSync(join(work, 'inside'), `#!/bin/sh\n${mount} && ${daemon}\n`, { mode: 0o755 });
  writeFileSync(script, `#!/bin/sh\nexec unshare -m --propagation private ${join(work, 'inside')} "$@"\n`, {
    mode: 0o755,
  });
  engine = await startEngine({ executable: script });
  const device = basename(await inside('findmnt', '-n', '-o', 'SOURCE', root()));
  return () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'test');
}

test('a disk that became read-only: reading and what runs go on, a change is refused, an exit is recorded once it can be', async () => {
  const work = mkdtempSync(join(tmpdir(), 'tug-disk-'));
  const fail = await onOwnDisk(work);
  await engine.withBusybox();
  const script = 'trap "exit 4" TERM; while :; do sleep 0.05; done';
  expect((await engine.tug(['run', '-d', '--name', 'runs', 'busybox', 'sh', '-c', script])).code).toBe(0);
  // What is not on it by then is lost with it, as when the power fails.
  await inside('sync', '-f', root());
  fail();
  const refused = await engine.tug(['create', '--name', 'new', 'busybox', 'true']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/read-only file system/i);
  expect((await engine.tug(['ps', '--format', '{{.Names}}'])).stdout).toBe('runs\n');
  expect((await engine.tug(['images', '-q'])).code).toBe(0);
  expect((await engine.request('GET', '/_ping')).status).toBe(200);
  process.kill(Number((await engine.tug(['inspect', '-f', '{{.State.Pid}}', 'runs'])).stdout), 'SIGTERM');
  const words = 'an exit could not be recorded';
  await until('the engine says that it cannot record the exit', () => engine.daemonLog().includes(words));
  // The disk is mended, and the engine is started anew.
  await engine.kill();
  await engine.start();
  const shown = async () =>
    (await engine.tug(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'runs'])).stdout;
  await until('the exit is recorded', async () => (await shown()) === 'exited 4\n');
  expect(await well()).toMatchObject(ok);
  rmSync(work, { recursive: true });
}, 60_000);

test('a data root that is read-only at the start is said to be, and nothing is done', async () => {
  engine = await startEngine();
  await engine.withBusybox();
  await engine.stop();
  const script = `mount --bind ${root()} ${root()} && mount -o remount,bind,ro ${root()} && exec "$@"`;
  const flags = [
    `--data-root=${root()}`,
    `--exec-root=${join(engine.directory, 'exec')}`,
    `--pidfile=${join(engine.directory, 'p')}`,
  ];
  const apart = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', executable, 'daemon', ...flags];
  const said = await Bun.spawn([...apart, `--bridge=${engine.bridge}`, `--host=unix://${engine.directory}/other`], {
    stderr: 'pipe',
  });
  expect(await said.exited).toBe(1);
  expect(await said.stderr.text()).toMatch(/failed to start daemon: .*read-only/i);
  await engine.start();
  expect(await well()).toMatchObject(ok);
}, 60_000);

test('a data root that is taken away while it is in use is told, and an engine begins no second one over it', async () => {
  engine = await startEngine();
  await engine.withBusybox();
  expect((await engine.tug(['run', '-d', '--name', 'runs', 'busybox', 'sleep', '300'])).code).toBe(0);
  renameSync(root(), `${root()}.lost`);
  const refused = await engine.tug(['create', '--name', 'new', 'busybox', 'true']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`the data root ${root()} is gone`);
  expect((await engine.request('GET', '/_ping')).status).toBe(200);
  expect((await engine.tug(['ps', '--format', '{{.Names}}'])).stdout).toBe('runs\n');
  renameSync(`${root()}.lost`, root());
  expect(await well()).toMatchObject(ok);
  // Containers of a data root that is not there any more live on in the exec root: they are told, and not ended.
  await engine.kill();
  renameSync(root(), `${root()}.lost`);
  await expect(engine.start()).rejects.toThrow(/a container runs \(.*\) of a data root that is not here/);
  rmSync(root(), { recursive: true, force: true });
  renameSync(`${root()}.lost`, root());
  await engine.start();
  expect((await engine.tug(['ps', '--format', '{{.Names}}'])).stdout).toBe('runs\n');
}, 60_000);

test('a database that is broken is refused and left as it is, byte by byte', async () => {
  engine = await startEngine();
  await engine.withBusybox();
  await engine.stop();
  const path = join(root(), 'tug.db');
  const whole = readFileSync(path);
  const cases: [string, () => void][] = [
    ['overwritten', () => writeFileSync(path, Buffer.alloc(whole.length, 'x'))],
    ['cut', () => truncateSync(path, 5000)],
    [
      'a page of nonsense',
      () => writeFileSync(path, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(4096, 7), whole.subarray(8192)])),
    ],
  ];
  for (const [what, breaks] of cases) {
    writeFileSync(path, whole);
    breaks();
    const broken = readFileSync(path);
    await expect(engine.start(), what).rejects.toThrow(
      /the database .*tug\.db is damaged \(.*\); it was left as it is/,
    );
    expect(readFileSync(path).equals(broken), what).toBe(true);
  }
  rmSync(path);
  mkdirSync(path);
  await expect(engine.start()).rejects.toThrow(/cannot open the database/);
  rmSync(path, { recursive: true });
  writeFileSync(path, whole);
  await engine.start();
  expect(await well()).toMatchObject(ok);
}, 60_000);
