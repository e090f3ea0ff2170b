// Secrets: files in memory that a container is given with its creation, and that nothing else shows.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runProgram } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const value = 'correct-horse-battery-staple';

beforeAll(async () => {
  engine = await startEngine({ args: ['--debug'] });
  await engine.withBusybox();
  writeFileSync(join(engine.directory, 'password'), value);
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 180_000);

const tug = async (...args: string[]) => {
  const { code, stdout, stderr } = await engine.tug(args);
  return code === 0 ? stdout : `${code}: ${stdout}${stderr}`;
};
const secret = (more = '') => `--secret=id=password,src=${join(engine.directory, 'password')}${more}`;
const sh = (script: string) => ['busybox', 'sh', '-c', script];

test('a file in memory, read only, whose owner and mode can be told', async () => {
  const look =
    'cat /run/secrets/password; stat -c " %a %u:%g" /run/secrets/password; grep secrets /proc/mounts; echo x >/run/secrets/password';
  const { stdout, stderr } = await engine.tug(['run', '--rm', secret(), ...sh(look)]);
  expect(stdout).toMatch(new RegExp(`^${value} 444 0:0\ntmpfs /run/secrets/password tmpfs ro,nosuid,nodev,noexec,`));
  expect(stderr).toContain("can't create /run/secrets/password: Read-only file system");
  const told = await tug(
    'run',
    '--rm',
    secret(',target=/etc/app/key,uid=7,gid=8,mode=0400'),
    '--user=7',
    ...sh('cat /etc/app/key; stat -c " %a %u:%g" /etc/app/key'),
  );
  expect(told).toBe(`${value} 400 7:8\n`);
  const { stdout: variable } = await engine.tug(
    ['run', '--rm', '--secret=id=token,env=TOKEN', ...sh('cat /run/secrets/token; env')],
    {
      env: { TOKEN: 'from-a-variable' },
    },
  );
  expect(variable.match(/from-a-variable/g)).toHaveLength(1);
  expect(await tug('run', '--rm', '-t', secret(), 'busybox', 'cat', '/run/secrets/password')).toBe(value);
});

test('it is there after a restart, of the container and of the engine, and for an exec', async () => {
  await tug('run', '-d', '--name', 'kept', secret(), 'busybox', 'sleep', '1000');
  const read = () => tug('exec', 'kept', 'cat', '/run/secrets/password');
  expect(await read()).toBe(value);
  await tug('restart', '-t0', 'kept');
  expect(await read()).toBe(value);
  await engine.kill();
  await engine.start();
  expect(await read()).toBe(value);
  await tug('stop', '-t0', 'kept');
  await tug('start', 'kept');
  expect(await read()).toBe(value);
}, 30_000);

test('no answer, event, log, layer, archive or file beside the engine’s own database shows it', async () => {
  const shown = [
    await tug('inspect', '-s', 'kept'),
    await tug('ps', '-a', '--no-trunc', '--format=json'),
    await tug('events', '--since=1', '--until=0s'),
    await tug('diff', 'kept'),
    await tug('logs', 'kept'),
    await tug('top', 'kept'),
    engine.daemonLog(),
  ].join('\n');
  const encoded = Buffer.from(value).toString('base64');
  for (const text of [value, encoded]) expect(shown).not.toContain(text);
  await tug('commit', 'kept', 'with:secret');
  for (const args of [
    ['save', '-o', join(engine.directory, 'save.tar'), 'with:secret'],
    ['export', '-o', join(engine.directory, 'export.tar'), 'kept'],
    ['cp', 'kept:/run', join(engine.directory, 'copied')],
  ]) {
    await tug(...args);
  }
  expect(await tug('run', '--rm', 'with:secret', 'cat', '/run/secrets/password')).toBe('');
  const { stdout } = await runProgram(['grep', '-rlE', `${value}|${encoded}`, engine.directory]);
  const found = stdout
    .trim()
    .split('\n')
    .map((path) => path.slice(engine.directory.length + 1));
  expect(found.filter((path) => path !== 'password' && !path.startsWith('data/tug.db'))).toEqual([]);
  expect(statSync(join(engine.directory, 'data/tug.db')).mode & 0o077).toBe(0);
  expect(readdirSync(join(engine.directory, 'data/mounts'))).toEqual([]);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(engine.directory);
}, 30_000);

test('a container that is removed takes them along', async () => {
  await tug('rm', '-f', 'kept');
  await tug('rmi', 'with:secret');
  expect((await engine.request('GET', '/containers/json?all=1')).json()).toEqual([]);
});

test('what is no secret is refused, and nothing is made', async () => {
  const refusal = async (...args: string[]) => (await engine.tug(['create', ...args, 'busybox'])).stderr.split('\n')[0];
  expect(await refusal('--secret=src=x')).toContain("invalid secret 'src=x': id is missing");
  expect(await refusal('--secret=id=x,colour=red')).toContain("unexpected key 'colour'");
  expect(await refusal('--secret=id=x,env=NOSUCH')).toContain('the variable NOSUCH is not set');
  expect(await refusal('--secret=id=x,src=/nosuch')).toContain('no such file or directory');
  expect(await refusal(secret(), secret())).toContain('Duplicate mount point: /run/secrets/password');
  const post = async (...Secrets: object[]) =>
    (await engine.request('POST', '/containers/create', { Image: 'busybox', Tug: { Secrets } })).status;
  expect(await post({ ID: '../x', Data: 'eA==' })).toBe(400);
  expect(await post({ ID: 'x', Data: '' })).toBe(400);
  expect(await post({ ID: 'x', Data: 'no base64!' })).toBe(400);
  expect(await post({ ID: 'x', Data: 'A'.repeat(4 << 18) })).toBe(400);
  expect((await engine.request('GET', '/containers/json?all=1')).json()).toEqual([]);
});

test('where the container has user ids of its own, they are the file’s', async () => {
  const look = sh('cat /run/secrets/password; stat -c " %u:%g" /run/secrets/password');
  expect(await tug('run', '--rm', '--userns=auto', secret(',uid=5'), ...look)).toBe(`${value} 5:0\n`);
});
