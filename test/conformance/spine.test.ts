// What people do first, with Docker's own command line and with ours, on one engine.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Result, type RunOptions, run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { chosenRuntime } from '../support/runtime.ts';
import { openTerminal } from '../support/terminal.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ args: ['--group=users'] });
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

const environment = () => ({ DOCKER_HOST: engine.host });
const executable = join(import.meta.dirname, '../../dist/tug');

describe.each(['docker', 'tug'])('%s', (program) => {
  const path = program === 'tug' ? executable : program;
  const cli = (args: string[], options: RunOptions = {}): Promise<Result> =>
    program === 'tug' ? engine.tug(args, options) : engine.docker(args, options);
  const name = (what: string) => `${program}-${what}`;

  test('run prints what the container printed, and ends with its code', async () => {
    const said = await cli(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 42']);
    expect(said).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
  });

  test('exit codes 125, 126 and 127', async () => {
    expect((await cli(['run', '--rm', '--cap-add', 'NONSENSE', 'busybox', 'true'])).code).toBe(125);
    const directory = await cli(['run', '--rm', 'busybox', '/etc']);
    expect(directory.code).toBe(126);
    // runc has said the reason of it since 1.1.8 only.
    expect(directory.stderr).toContain(`exec: "/etc": ${chosenRuntime ? 'permission denied' : 'is a directory'}`);
    const missing = await cli(['run', '--rm', 'busybox', 'nosuchcommand']);
    expect(missing.code).toBe(127);
    expect(missing.stderr).toContain('exec: "nosuchcommand": executable file not found in $PATH');
  });

  test('stdin through a pipe', async () => {
    const said = await cli(['run', '--rm', '-i', 'busybox', 'cat'], { stdin: 'hi\n' });
    expect(said).toEqual({ code: 0, stdout: 'hi\n', stderr: '' });
  });

  test('a megabyte through and back, unharmed', async () => {
    const bytes = 'x'.repeat(1_000_000);
    const said = await cli(['run', '--rm', '-i', 'busybox', 'cat'], { stdin: bytes });
    expect(said.stdout.length).toBe(bytes.length);
  });

  test('run -d, ps, logs, logs -f, stop, rm', async () => {
    const id = (
      await cli([
        'run',
        '-d',
        '--name',
        name('d'),
        'busybox',
        'sh',
        '-c',
        'i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); sleep 0.1; done; exec sleep 300',
      ])
    ).stdout.trim();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    const ps = await cli(['ps', '--filter', `name=${name('d')}`]);
    expect(ps.stdout).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND/);
    expect(ps.stdout).toContain(id.slice(0, 12));
    expect(ps.stdout).toMatch(/Up (Less than a second|\d+ seconds?)/);
    await until('five lines in the log', async () => (await cli(['logs', name('d')])).stdout.includes('line 4'));
    expect((await cli(['logs', '--tail', '2', name('d')])).stdout).toBe('line 3\nline 4\n');
    const follow = cli(['logs', '-f', name('d')]);
    const stopped = await cli(['stop', '-t', '1', name('d')]);
    expect(stopped.stdout).toBe(`${name('d')}\n`);
    expect((await follow).stdout).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    expect((await cli(['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name('d')])).stdout).toBe(
      'exited 137\n',
    );
    expect((await cli(['rm', name('d')])).stdout).toBe(`${name('d')}\n`);
    const gone = await cli(['inspect', '--type', 'container', name('d')]);
    expect(gone.code).toBe(1);
    expect(gone.stderr.toLowerCase()).toContain(`no such container: ${name('d')}`);
  });

  test('run -it: a shell that knows its size, also after a resize', async () => {
    const terminal = await openTerminal(`${path} run --rm -it --name ${name('tty')} busybox`, environment());
    try {
      await terminal.shows(/\/ # $/m);
      await terminal.type('stty size\n');
      await terminal.shows(/24 80/);
      await terminal.resize(100, 30);
      await until('the new size inside', async () => {
        await terminal.type('stty size\n');
        return /30 100/.test(await terminal.screen());
      });
      await terminal.type('exit 7\n');
      await terminal.shows(/\[exit 7\]/);
    } finally {
      await terminal.close();
    }
  });

  test('Ctrl-P Ctrl-Q detaches, attach comes back, exec -it beside it', async () => {
    const terminal = await openTerminal(`${path} run -it --name ${name('detach')} busybox`, environment());
    try {
      await terminal.shows(/\/ # $/m);
      await terminal.type('marker=still-here\n');
      await terminal.press('C-p', 'C-q');
      await terminal.shows(/\[exit 0\]/);
    } finally {
      await terminal.close();
    }
    expect((await cli(['inspect', '-f', '{{.State.Running}}', name('detach')])).stdout).toBe('true\n');
    const exec = await openTerminal(
      `${path} exec -it ${name('detach')} sh -c 'tty; echo pid $$; exit 5'`,
      environment(),
    );
    try {
      await exec.shows(/\[exit 5\]/);
      expect(await exec.screen()).toMatch(/\/dev\/pts\/\d+/);
    } finally {
      await exec.close();
    }
    const again = await openTerminal(`${path} attach ${name('detach')}`, environment());
    try {
      await again.press('Enter');
      await again.shows(/\/ #/);
      await again.type('echo $marker; exit 3\n');
      await again.shows(/still-here/);
      await again.shows(/\[exit 3\]/);
    } finally {
      await again.close();
    }
    expect((await cli(['rm', name('detach')])).code).toBe(0);
  });

  test('exec: output, code, user, environment, workdir', async () => {
    await cli(['run', '-d', '--name', name('exec'), '-e', 'A=1', 'busybox', 'sleep', '300']);
    expect(await cli(['exec', name('exec'), 'sh', '-c', 'echo o; echo e >&2; exit 9'])).toEqual({
      code: 9,
      stdout: 'o\n',
      stderr: 'e\n',
    });
    const inside = await cli([
      'exec',
      '-u',
      'alice',
      '-e',
      'B=2',
      '-w',
      '/tmp',
      name('exec'),
      'sh',
      '-c',
      'id -un; echo $A$B; pwd',
    ]);
    expect(inside.stdout).toBe('alice\n12\n/tmp\n');
    expect((await cli(['exec', '-i', name('exec'), 'cat'], { stdin: 'through exec' })).stdout).toBe('through exec');
    const missing = await cli(['exec', name('exec'), 'nosuch']);
    expect(missing.code).toBe(127);
    // Docker says it on the stream that is already open.
    expect(missing.stdout).toContain('exec: "nosuch": executable file not found in $PATH');
    expect((await cli(['rm', '-f', name('exec')])).stdout).toBe(`${name('exec')}\n`);
    const dead = await cli(['exec', name('exec'), 'true']);
    expect(dead.code).toBe(1);
    expect(dead.stderr).toContain(`No such container: ${name('exec')}`);
  });

  test('-p: the page is fetched from the host', async () => {
    const port = await freePort();
    await cli([
      'run',
      '-d',
      '--name',
      name('web'),
      '-p',
      `${port}:80`,
      'busybox',
      'sh',
      '-c',
      'mkdir /www; echo served > /www/index.html; exec httpd -f -p 80 -h /www',
    ]);
    const page = await until('the page', async () => {
      const got = await run(['curl', '-sf', '-m', '2', `http://127.0.0.1:${port}/`]);
      return got.code === 0 && got.stdout;
    });
    expect(page).toBe('served\n');
    expect((await cli(['ps', '--filter', `name=${name('web')}`, '--format', '{{.Ports}}'])).stdout).toContain(
      `0.0.0.0:${port}->80/tcp`,
    );
    const conflict = await cli(['run', '--rm', '-p', `${port}:80`, 'busybox', 'true']);
    expect(conflict.code).toBe(125);
    expect(conflict.stderr).toMatch(/address already in use|port is already allocated/);
    await cli(['rm', '-f', name('web')]);
  });

  test('a reader that goes away ends the program and leaves the container', async () => {
    const script = 'i=0; while [ $i -lt 50000 ]; do echo line $i; i=$((i+1)); done; exec sleep 300';
    const pipe = 'set -o pipefail; "$0" run --name "$1" busybox sh -c "$2" | head -1';
    const said = await run(['bash', '-c', pipe, path, name('pipe'), script], { env: environment() });
    expect(said).toEqual({ code: 1, stdout: 'line 0\n', stderr: 'write /dev/stdout: broken pipe\n' });
    expect((await cli(['inspect', '-f', '{{.State.Running}}', name('pipe')])).stdout).toBe('true\n');
    const logs = await run(['bash', '-c', 'set -o pipefail; "$0" logs "$1" | head -1', path, name('pipe')], {
      env: environment(),
    });
    expect(logs).toEqual({ code: 141, stdout: 'line 0\n', stderr: '' });
    await cli(['rm', '-f', name('pipe')]);
  });

  test('import and load make images that run', async () => {
    const tar = await busyboxTar();
    const imported = await cli(['import', '-c', 'ENV FROM=import', tar, `${name('imported')}:v1`]);
    expect(imported.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect((await cli(['run', '--rm', `${name('imported')}:v1`, 'sh', '-c', 'echo $FROM'])).stdout).toBe('import\n');
    rmSync(tar);
    const archive = await ociArchive(name('loaded'));
    const loaded = await cli(['load', '-q', '-i', archive]);
    expect(loaded.stdout).toBe(`Loaded image: ${name('loaded')}:latest\n`);
    expect((await cli(['run', '--rm', name('loaded'), 'cat', '/hello'])).stdout).toBe('from an archive\n');
    expect((await cli(['images', '--format', '{{.Repository}}:{{.Tag}}', name('loaded')])).stdout).toBe(
      `${name('loaded')}:latest\n`,
    );
    expect((await cli(['rmi', `${name('imported')}:v1`, name('loaded')])).stdout).toContain(
      `Untagged: ${name('loaded')}:latest\n`,
    );
    rmSync(archive);
  });

  test('a member of the group uses the socket without being root, others may not', async () => {
    chmodSync(engine.directory, 0o755);
    const users = Number((await must(['getent', 'group', 'users'])).split(':')[2]);
    const options = { uid: 65534, gid: users, env: { HOME: '/nonexistent', DOCKER_CONFIG: '/nonexistent' } };
    const copy = `/tmp/${name('cli')}-${process.pid}`;
    await must(['cp', path === 'docker' ? await must(['which', 'docker']) : path, copy]);
    chmodSync(copy, 0o755);
    const call = (gid: number) =>
      run([copy, 'run', '--rm', 'busybox', 'echo', 'hello'], {
        ...options,
        gid,
        env: { ...options.env, DOCKER_HOST: engine.host },
      });
    expect(await call(users)).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    const refused = await call(65534);
    expect(refused.code).toBe(126); // as docker: every "permission denied" is 126
    expect(refused.stderr.toLowerCase()).toContain('permission denied');
    rmSync(copy);
  });

  test("bad input: Docker's words, and no trace", async () => {
    const before = (await cli(['ps', '-aq'])).stdout;
    const words = async (args: string[]) => (await cli(args)).stderr;
    expect(await words(['run', 'BAD'])).toContain(
      'invalid reference format: repository name (library/BAD) must be lowercase',
    );
    expect(await words(['run', '-p', '99999:80', 'busybox'])).toContain('invalid hostPort: 99999');
    expect(await words(['inspect', 'nosuch'])).toContain('nosuch');
    expect(await words(['create', '--name', '!', 'busybox'])).toContain('Invalid container name (!)');
    expect(await words(['create', '--memory', '1m', 'busybox'])).toContain('Minimum memory limit allowed is 6MB');
    await cli(['create', '--name', name('twice'), 'busybox']);
    expect(await words(['create', '--name', name('twice'), 'busybox'])).toMatch(
      new RegExp(`Conflict. The container name "/${name('twice')}" is already in use by container "[0-9a-f]{64}"`),
    );
    await cli(['rm', name('twice')]);
    writeFileSync(join(engine.directory, 'broken.tar'), Buffer.alloc(2048, 7));
    expect((await cli(['load', '-i', join(engine.directory, 'broken.tar')])).code).toBe(1);
    expect((await cli(['import', join(engine.directory, 'broken.tar'), 'broken'])).code).toBe(1);
    expect((await cli(['images', '-q', 'broken'])).stdout).toBe('');
    expect((await cli(['ps', '-aq'])).stdout).toBe(before);
  });
});

/** An OCI archive of busybox with one more layer, made with tar alone. */
async function ociArchive(reference: string): Promise<string> {
  const directory = await must(['mktemp', '-d']);
  const base = await busyboxTar();
  writeFileSync(join(directory, 'hello'), 'from an archive\n');
  chownSync(join(directory, 'hello'), 0, 0);
  await must(['tar', '-C', directory, '-cf', join(directory, 'upper.tar'), 'hello']);
  await must(['cp', base, join(directory, 'lower.tar')]);
  rmSync(base);
  const digest = async (file: string) => (await must(['sha256sum', join(directory, file)])).slice(0, 64);
  const layers = [await digest('lower.tar'), await digest('upper.tar')];
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer}`) },
    history: [],
  });
  writeFileSync(join(directory, 'config'), config);
  const blobs = join(directory, 'blobs/sha256');
  await must(['mkdir', '-p', blobs]);
  await must(['cp', join(directory, 'lower.tar'), join(blobs, layers[0] as string)]);
  await must(['cp', join(directory, 'upper.tar'), join(blobs, layers[1] as string)]);
  const configDigest = await digest('config');
  await must(['cp', join(directory, 'config'), join(blobs, configDigest)]);
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify([
      {
        Config: `blobs/sha256/${configDigest}`,
        RepoTags: [`${reference}:latest`],
        Layers: layers.map((layer) => `blobs/sha256/${layer}`),
      },
    ]),
  );
  const archive = `${directory}-archive.tar`;
  await must(['tar', '-C', directory, '-cf', archive, 'manifest.json', 'blobs']);
  rmSync(directory, { recursive: true });
  return archive;
}
