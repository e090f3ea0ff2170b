// What a container was created with changes in its place, and its own files are kept and brought back; also where the engine is killed.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let host: string;

beforeAll(async () => {
  host = mkdtempSync(join(tmpdir(), 'tug-in-place-'));
  writeFileSync(join(host, 'file'), 'of the host\n');
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  const left = await engine.dispose();
  rmSync(host, { recursive: true });
  expect(left).toEqual([]);
}, 60_000);

async function tug(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(args);
  if (code !== 0) throw new Error(stderr.trim());
  return stdout.trim();
}

const run = (name: string, ...options: string[]) =>
  tug('run', '-d', '--name', name, '--stop-signal', 'KILL', ...options, 'busybox', 'sleep', '1000');
const shown = (name: string, template: string) => tug('inspect', '-f', template, name);

describe('update', () => {
  test('variables, labels and mounts of a running container, with a restart: layer, id and addresses stay', async () => {
    await tug('network', 'create', 'in-place');
    await run('other', '--net', 'in-place');
    await run('web', '--net', 'in-place', '-e', 'KEPT=1', '-e', 'GONE=1', '-v', 'data:/data', '-l', 'tier=front');
    await tug('exec', 'web', 'sh', '-c', 'echo layer >/own; echo volume >/data/file');
    const address = '{{with index .NetworkSettings.Networks "in-place"}}{{.IPAddress}} {{.MacAddress}}{{end}} {{.Id}}';
    const before = await shown('web', address);
    // Its address would be the lowest free one.
    await tug('rm', '-f', 'other');
    const facts = ['-e', 'NEW=2', '--env-rm', 'GONE', '--label-add', 'tier=back', '--mount-rm', '/data'];
    const mounts = [`type=bind,src=${host},dst=/host,ro`, 'type=volume,src=data,dst=/moved'];
    const flags = [...facts, ...mounts.flatMap((mount) => ['--mount-add', mount]), '--restart-now'];
    const said = await tug('update', ...flags, 'web');
    expect(said).toBe('web');
    expect(await shown('web', address)).toBe(before);
    const command = 'cat /own /host/file /moved/file; echo $KEPT,$GONE,$NEW; ls /data; touch /host/x';
    const { stdout, stderr } = await engine.tug(['exec', 'web', 'sh', '-c', command]);
    expect(stdout).toBe('layer\nof the host\nvolume\n1,,2\n');
    expect(stderr).toContain('Read-only file system');
    expect(await tug('ps', '-q', '--filter', 'label=tier=back')).toHaveLength(12);
    await tug('rm', '-f', 'web');
    await tug('volume', 'rm', 'data');
    await tug('network', 'rm', 'in-place');
  }, 60_000);

  test('without one it holds from the next start on, also of another engine, and what will be used cannot go', async () => {
    await run('later', '--restart', 'always');
    const said = await tug('update', '-e', 'NEW=2', '--mount-add', 'type=volume,src=soon,dst=/d', 'later');
    expect(said).toBe('later\nlater runs on as it was started; the change holds from its next start on');
    expect(await tug('exec', 'later', 'sh', '-c', 'echo $NEW; ls -d /d || true')).toBe('');
    expect((await engine.tug(['volume', 'rm', 'soon'])).stderr).toContain('volume is in use');
    await engine.kill();
    await engine.start();
    await tug('restart', '-t', '0', 'later');
    expect(await tug('exec', 'later', 'sh', '-c', 'echo $NEW; ls -d /d')).toBe('2\n/d');
    await tug('rm', '-f', 'later');
    await tug('volume', 'rm', 'soon');
  }, 60_000);

  test('what cannot be leaves it as it was', async () => {
    await run('same');
    const before = await shown('same', '{{json .Config}}{{json .HostConfig}}{{json .Mounts}}{{.State.StartedAt}}');
    for (const [flags, words] of [
      [['--mount-rm', '/nosuch'], 'nothing is mounted at /nosuch'],
      [['--env-rm', 'NOSUCH'], 'no such environment variable: NOSUCH'],
      [['--mount-add', 'type=bind,src=/nosuch,dst=/x'], 'bind source path does not exist: /nosuch'],
      [['--restart-now'], 'nothing is to be changed'],
    ] as const) {
      expect((await engine.tug(['update', ...flags, 'same'])).stderr).toContain(words);
    }
    expect(await shown('same', '{{json .Config}}{{json .HostConfig}}{{json .Mounts}}{{.State.StartedAt}}')).toBe(
      before,
    );
    await tug('rm', '-f', 'same');
  }, 60_000);
});

describe('snapshots', () => {
  test('are taken of a running container, brought back once it is stopped, counted, and go with it', async () => {
    await run('kept');
    await tug(
      'exec',
      'kept',
      'sh',
      '-c',
      'echo one >/file; rm /bin/wget; mkdir /dir; head -c 100000 /dev/zero >/dir/big',
    );
    expect(await tug('snapshot', 'create', '-m', 'before the upgrade', 'kept', 'before')).toBe('before');
    await tug('exec', 'kept', 'sh', '-c', 'echo two >/file; rm -r /dir; echo new >/new');
    expect(await tug('snapshot', 'create', 'kept')).toBe('snap-2');
    expect((await tug('snapshot', 'ls', 'kept')).split('\n')).toEqual([
      expect.stringMatching(/^NAME +CREATED +SIZE +COMMENT$/),
      expect.stringMatching(/^before +.* ago +100kB +before the upgrade$/),
      expect.stringMatching(/^snap-2 +.* ago +\d+B/),
    ]);
    const used = (await engine.request('GET', '/system/df?type=container')).json() as {
      Containers: { SizeRw: number }[];
    };
    expect(used.Containers[0]?.SizeRw).toBeGreaterThan(100_000);
    expect((await engine.tug(['rollback', 'kept', 'before'])).stderr).toContain('container kept is running');
    await tug('stop', '-t', '0', 'kept');
    expect(await tug('rollback', 'kept', 'before')).toBe('kept');
    await tug('start', 'kept');
    const look = 'cat /file; ls /bin/wget /new; wc -c </dir/big';
    expect((await engine.tug(['exec', 'kept', 'sh', '-c', look])).stdout).toBe('one\n100000\n');
    expect(await tug('diff', 'kept')).toBe('C /bin\nD /bin/wget\nA /dir\nA /dir/big\nA /file');
    await tug('stop', '-t', '0', 'kept');
    await tug('rollback', 'kept', 'snap-2');
    await tug('start', 'kept');
    expect((await engine.tug(['exec', 'kept', 'sh', '-c', 'cat /file /new; ls /dir'])).stdout).toBe('two\nnew\n');
    await tug('snapshot', 'rm', 'kept', 'snap-2');
    await tug('rm', '-f', 'kept');
    expect(readdirSync(join(engine.directory, 'data/overlay2/frozen'))).toEqual([]);
  }, 60_000);
});
