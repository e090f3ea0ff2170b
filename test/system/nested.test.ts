// Engines in containers: Debian's Docker in ours, ours in ours, and ours driven through its own socket.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, until } from '../support/command.ts';
import { debianTar } from '../support/debian.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
/** Where test/peers/dockerd.sh keeps Debian with docker.io. */
const debianWithDocker = join(process.env.PEER_DIR ?? '/var/tmp/tug-peers', 'sid');
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  const imported = await engine.tug(['import', '-c', 'CMD ["bash"]', await debianTar(), 'debian'], {
    timeout: 300_000,
  });
  expect(imported.code).toBe(0);
}, 600_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 180_000);

const within = (name: string, script: string) => engine.tug(['exec', name, 'sh', '-c', script], { timeout: 120_000 });
const busyboxImage =
  'mkdir -p /box/bin && cp /busybox /box/bin/ && for a in sh echo cat id hostname; do ln -sf busybox /box/bin/$a; done';
const answers = async (name: string, script: string) => {
  const said: string[] = [];
  try {
    await until(
      `${name} answers`,
      async () => {
        const { code, stdout, stderr } = await within(name, script);
        said.push(stdout, stderr);
        return code === 0;
      },
      60_000,
    );
  } catch (error) {
    const { stdout, stderr } = await engine.tug(['logs', name]);
    throw new Error(`${String(error)}\n${said.slice(-2).join('\n')}\n${stdout}${stderr}`, { cause: error });
  }
};

/** What Docker's own image of its engine does first: on version 2 a cgroup with processes gives its controllers to none below it. */
const makeRoom = `c=/sys/fs/cgroup
      if [ -e $c/cgroup.controllers ]; then
        mkdir $c/init && for p in $(cat $c/cgroup.procs); do echo $p >$c/init/cgroup.procs || true; done
        for one in $(cat $c/cgroup.controllers); do echo +$one >$c/cgroup.subtree_control; done
      fi`;

test.skipIf(!existsSync(join(debianWithDocker, '.done')))(
  'Debian’s dockerd in a privileged container runs a container',
  async () => {
    // Over Debian's root lies what this one writes; a chroot would be the host's root to dockerd's own containers.
    const enter = `
      mkdir -p /w && mount -t tmpfs w /w && mkdir /w/u /w/k /w/r
      mount -t overlay o -o lowerdir=/sid,upperdir=/w/u,workdir=/w/k /w/r
      cd /w/r && mkdir -p old var/lib/docker && touch busybox
      mount --bind /data var/lib/docker && mount --bind /busybox busybox
      for d in proc dev sys; do mount --rbind /$d $d; done
      ${makeRoom}
      mount -t tmpfs run run && cat /etc/resolv.conf >etc/resolv.conf
      pivot_root . old && umount -l old
      exec env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root dockerd`;
    const started = await engine.tug([
      'run',
      '-d',
      '--name',
      'dind',
      '--privileged',
      '-v',
      `${debianWithDocker}:/sid:ro`,
      '-v',
      '/data',
      '-v',
      '/bin/busybox:/busybox:ro',
      'debian',
      'sh',
      '-ec',
      enter,
    ]);
    expect(started.stderr).toBe('');
    await answers('dind', 'docker version');
    const made = await within('dind', `${busyboxImage} && tar -C /box -c . | docker import - box`);
    expect(made.stderr).toBe('');
    const inner = await within('dind', 'docker run --rm --hostname inner box sh -c "hostname; id -u"');
    expect([inner.stdout, inner.stderr]).toEqual(['inner\n0\n', '']);
    await engine.tug(['rm', '-fv', 'dind']);
  },
  300_000,
);

test('tug in tug', async () => {
  const started = await engine.tug([
    'run',
    '-d',
    '--name',
    'inside',
    '--privileged',
    '-v',
    '/data',
    '-v',
    `${executable}:/usr/bin/tug:ro`,
    '-v',
    '/bin/busybox:/busybox:ro',
    'debian',
    'tug',
    'daemon',
    '--data-root=/data',
  ]);
  expect(started.stderr).toBe('');
  await answers('inside', 'tug --no-autostart version');
  const made = await within('inside', `${busyboxImage} && tar -C /box -cf /box.tar . && tug import /box.tar box`);
  expect(made.stderr).toBe('');
  const inner = await within('inside', 'tug run --rm --hostname inner box sh -c "hostname; id -u"');
  expect([inner.stdout, inner.stderr]).toEqual(['inner\n0\n', '']);
  const limit = 'cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes';
  expect((await within('inside', `tug run --rm -m 64m box sh -c "${limit}"`)).stdout).toBe(`${64 << 20}\n`);
  const kept = await within(
    'inside',
    'tug run -d --name sleeper box sh -c "read x </dev/zero"; tug ps --format "{{.Names}}"; tug rm -f sleeper',
  );
  expect(kept.stdout).toContain('sleeper\n');
  await engine.tug(['rm', '-fv', 'inside']);
}, 180_000);

test('the socket, mounted into a container, drives the engine', async () => {
  const client = (...args: string[]) =>
    engine.tug([
      'run',
      '--rm',
      '-v',
      `${engine.socket}:/var/run/docker.sock`,
      '-v',
      `${executable}:/usr/bin/docker:ro`,
      'debian',
      'docker',
      ...args,
    ]);
  expect(await client('run', '--rm', '--name', 'sibling', 'busybox', 'echo', 'from a sibling')).toMatchObject({
    code: 0,
    stdout: 'from a sibling\n',
  });
  await client('run', '-d', '--name', 'sibling', 'busybox', 'sleep', '1000');
  expect((await engine.tug(['ps', '--format={{.Names}}'])).stdout).toBe('sibling\n');
  await client('rm', '-f', 'sibling');
  expect((await run(['stat', '-c', '%a', engine.socket])).stdout).toBe('660\n');
});
