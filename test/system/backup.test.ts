// All of a data root in one archive while the engine runs, and a new data root made of it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let work = '';

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tug-backup-'));
  engine = await startEngine();
  await engine.withBusybox();
});
afterAll(async () => {
  rmSync(work, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
}, 30_000);

const must0 = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await engine.tug(args);
  if (code !== 0) throw new Error(`tug ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
};
const restore = (file: string, root: string) => engine.tug(['system', 'restore', '--data-root', root, file]);

/** What tells two engines' data apart. */
async function inventory(of: Engine): Promise<string[]> {
  const ask = async (...args: string[]) => (await of.tug(args)).stdout.trim().split('\n').toSorted();
  return [
    ...(await ask('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Names}} {{.Image}}')),
    ...(await ask('images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}')),
    ...(await ask('volume', 'ls', '--format', '{{.Name}}')),
    ...(await ask('network', 'ls', '--no-trunc', '--filter', 'type=custom', '--format', '{{.ID}} {{.Name}}')),
  ];
}

test('images, containers with their files, volumes, networks and logs come back, while others are made and removed', async () => {
  await must0('volume', 'create', 'kept');
  await must0('network', 'create', 'net');
  const script =
    'echo begun; echo data >/v/file; ln /v/file /v/hard; truncate -s 64M /v/sparse; rm /etc/group; mkdir /a; setfattr 2>/dev/null; echo mine >/a/file';
  await must0('run', '--name', 'done', '--network', 'net', '-v', 'kept:/v', 'busybox', 'sh', '-c', script);
  const volume = join(engine.directory, 'data/volumes/kept/_data');
  await must(['python3', '-c', `import os; os.setxattr(${JSON.stringify(join(volume, 'file'))}, 'user.note', b'x')`]);
  await must0('commit', 'done', 'mine:1');
  await must0('snapshot', 'create', 'done', 'early');
  await must0(
    'run',
    '-d',
    '--name',
    'writes',
    '--restart',
    'always',
    'busybox',
    'sh',
    '-c',
    'while :; do date >>/log; sleep 0.01; done',
  );
  const before = await inventory(engine);
  const waiting = new Set(['backup']);
  const file = join(work, 'first.tar');
  const saving = engine.tug(['system', 'backup', file]).finally(() => waiting.clear());
  // Containers come and go all the while.
  const during: string[] = [];
  for (let number = 0; number < 3 || waiting.size > 0; number++) {
    await must0('run', '--rm', 'busybox', 'true');
    during.push(await must0('create', '--name', `late-${number}`, 'busybox', 'true'));
  }
  expect(await saving).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readdirSync(work)).toEqual(['first.tar']);
  expect(readdirSync(join(engine.directory, 'data')).filter((name) => name.includes('backup'))).toEqual([]);

  const other = await startEngine();
  try {
    await other.stop();
    const root = join(other.directory, 'data');
    rmSync(root, { recursive: true });
    expect(await restore(file, root)).toMatchObject({ code: 0, stderr: '' });
    await other.start();
    const after = await inventory(other);
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    const known = [...before, ...during];
    expect(after.filter((line) => !known.some((one) => one === line || line.startsWith(one)))).toEqual([]);
    expect(await other.tug(['system', 'fsck', '--full'])).toMatchObject({ code: 0, stdout: 'No damage found\n' });
    expect((await other.tug(['logs', 'done'])).stdout).toBe('begun\n');
    expect((await other.tug(['rollback', 'done', 'early'])).code).toBe(0);
    expect((await other.tug(['start', '-a', 'done'])).code).toBe(0);
    const there = 'cat /a/file /v/file; ls /etc/group; stat -c %h:%s /v/hard';
    await other.tug(['commit', 'done', 'again']);
    const seen = await other.tug(['run', '--rm', '-v', 'kept:/v', 'again', 'sh', '-c', there]);
    expect(seen.stdout).toBe('mine\ndata\n2:5\n');
    const restored = join(root, 'volumes/kept/_data');
    expect(
      await must([
        'python3',
        '-c',
        `import os; print(os.getxattr(${JSON.stringify(join(restored, 'file'))}, 'user.note'))`,
      ]),
    ).toBe("b'x'");
    expect(Number(await must(['stat', '-c', '%b', join(restored, 'sparse')]))).toBeLessThan(100);
    expect((await other.tug(['run', '--rm', 'mine:1', 'cat', '/a/file'])).stdout).toBe('mine\n');
    // What ran is brought back by its policy.
    await until('it runs again', async () => (await other.tug(['ps', '-q', '--filter', 'name=writes'])).stdout !== '');
  } finally {
    // What it left, if anything, is found at the end: meanwhile the first engine makes things, too.
    await other.dispose();
  }
}, 60_000);

test('with --pause what runs stands still meanwhile, and goes on', async () => {
  await must0('run', '-d', '--name', 'still', 'busybox', 'sh', '-c', 'while :; do echo x; sleep 0.02; done');
  const since = Date.now() / 1000;
  expect((await engine.tug(['system', 'backup', '--pause', join(work, 'paused.tar')])).code).toBe(0);
  const filters = JSON.stringify({ container: ['still'], event: ['pause', 'unpause'] });
  const until = Date.now() / 1000 + 0.001;
  const told = await engine.request('GET', `/events?since=${since}&until=${until}&filters=${filters}`);
  const actions = told.text.trim().split('\n');
  expect(actions.map((line) => (JSON.parse(line) as { Action: string }).Action)).toEqual(['pause', 'unpause']);
  await must0('rm', '-f', 'still');
}, 40_000);

test('a restore refuses what is not empty, what is no backup, and one that was cut short; nothing is left of it', async () => {
  const file = join(work, 'whole.tar');
  await must0('system', 'backup', file);
  const full = join(work, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'precious'), 'x');
  expect((await restore(file, full)).stderr).toContain(`the data root ${full} is not empty`);
  expect(readFileSync(join(full, 'precious'), 'utf8')).toBe('x');

  const empty = join(work, 'empty');
  writeFileSync(join(work, 'text'), 'no archive');
  expect((await restore(join(work, 'text'), empty)).stderr).toMatch(/cannot be unpacked|is no backup/);
  await must(['tar', '-C', work, '-cf', join(work, 'other.tar'), 'text']);
  expect((await restore(join(work, 'other.tar'), empty)).stderr).toContain('is no backup of tug');
  const short = join(work, 'short.tar');
  await must(['cp', file, short]);
  const { size } = Bun.file(short);
  truncateSync(short, Math.floor(size / 2 / 512) * 512);
  expect((await restore(short, empty)).stderr).toMatch(/cannot be unpacked|ends before its end/);
  expect(readdirSync(empty)).toEqual([]);
  expect((await restore(file, empty)).code).toBe(0);
  expect(existsSync(join(empty, 'tug.db'))).toBe(true);
}, 40_000);

test('killed at any step, a restore is begun anew or finished, and no engine takes the half for its own', async () => {
  const file = join(work, 'killed.tar');
  await must0('system', 'backup', file);
  for (const [index, point] of [
    'store.committed',
    'restore.complete',
    'restore.moved#1',
    'restore.moved#4',
  ].entries()) {
    const root = join(work, `killed-${index}`);
    const args = ['system', 'restore', '--data-root', root, file];
    const cut = await engine.tug(args, { env: { TUG_CRASH_AT: point } });
    if (point !== 'store.committed') expect(cut.code).not.toBe(0);
    const refused = existsSync(join(root, '.restoring'));
    if (refused) {
      const daemon = [
        `--data-root=${root}`,
        `--exec-root=${work}/exec`,
        `--pidfile=${work}/pid`,
        `--host=unix://${work}/sock`,
      ];
      const started = await engine.tug(['daemon', ...daemon, '--bridge=tugtrest']);
      expect(started.stderr).toContain('was cut off: run it again');
    }
    if (cut.code !== 0) expect(await restore(file, root)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(root, 'tug.db'))).toBe(true);
    expect(existsSync(join(root, '.restoring'))).toBe(false);
  }
}, 40_000);
