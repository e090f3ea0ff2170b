// Volumes of a plugin in containers; the plugin is written from the protocol's documentation alone (src/volume/plugin/fake.ts).
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakePlugin, startFakePlugin } from '../../src/volume/plugin/fake.ts';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let plugin: FakePlugin;

const sockets = () => join(engine.directory, 'exec/plugins');

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  mkdirSync(sockets(), { recursive: true });
  plugin = await startFakePlugin(join(sockets(), 'far.sock'), join(engine.directory, 'far'));
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
  await plugin.close();
}, 60_000);

const tug = async (...args: string[]) => {
  const { code, stdout, stderr } = await engine.tug(args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim();
};
const file = (...names: string[]) => join(engine.directory, 'far', ...names);
const users = (name: string) => [...(plugin.volumes.get(name) ?? [])];

test('containers share what the plugin has; it is asked to let go of each when that has ended', async () => {
  await tug('volume', 'create', '-d', 'far', 'data', '-o', 'kind=fast');
  const one = await tug('run', '-d', '-v', 'data:/d', 'busybox', 'sh', '-c', 'echo one >/d/one; exec sleep 1000');
  await until('it was written', () => existsSync(file('data/one')));
  const seen = ['--mount', 'type=volume,src=data,dst=/e,volume-driver=far,readonly', 'busybox'];
  expect(await tug('run', '--rm', ...seen, 'sh', '-c', 'cat /e/one; touch /e/two 2>&1 || true')).toMatch(
    /^one\n.*Read-only file system$/,
  );
  await until('the second one let go', () => users('data').join() === one);
  expect(await tug('volume', 'ls', '--format', '{{.Driver}} {{.Name}} {{.Scope}}')).toBe('far data global');
  const { code, stderr } = await engine.tug(['volume', 'rm', 'data']);
  expect([code, stderr]).toEqual([1, `Error response from daemon: remove data: volume is in use - [${one}]\n`]);
  await tug('rm', '-f', one);
  await until('the first one let go', () => users('data').length === 0);
  expect(readFileSync(file('data/one'), 'utf8')).toBe('one\n');
  await tug('volume', 'rm', 'data');
  expect(plugin.volumes.has('data')).toBe(false);
});

test('an image fills it; `cp` reaches it in a container that does not run', async () => {
  await tug('create', '--name', 'filled', '--volume-driver', 'far', '-v', 'etc:/etc', 'busybox', 'true');
  await tug('start', '-a', 'filled');
  expect(readFileSync(file('etc/passwd'), 'utf8')).toContain('alice');
  writeFileSync(join(engine.directory, 'new'), 'copied');
  await tug('cp', '-q', join(engine.directory, 'new'), 'filled:/etc/new');
  expect(readFileSync(file('etc/new'), 'utf8')).toBe('copied');
  await until('it was let go', () => users('etc').length === 0);
  await tug('rm', 'filled');
});

test('a plugin that cannot mount keeps the container from starting, and nothing is left mounted', async () => {
  plugin.volumes.set('good', new Set());
  await tug('create', '--name', 'halfway', '-v', 'good:/a', '-v', 'wrong:/b', '--volume-driver', 'far', 'busybox');
  plugin.volumes.delete('wrong');
  plugin.refuse = { Mount: 'cannot mount' };
  const { code, stderr } = await engine.tug(['start', 'halfway']);
  plugin.refuse = {};
  expect(code).toBe(1);
  expect(stderr).toStartWith("Error response from daemon: error while mounting volume '': cannot mount\n");
  expect(users('good')).toEqual([]);
  await tug('rm', 'halfway');
});

test('an engine that was killed lets go of what ended meanwhile, and keeps what goes on', async () => {
  const ends = await tug('run', '-d', '-v', 'ends:/d', '--volume-driver', 'far', 'busybox', 'sh', '-c', 'sleep 1000');
  const stays = await tug('run', '-d', '-v', 'stays:/d', '--volume-driver', 'far', 'busybox', 'sleep', '1000');
  const { State } = (await engine.request('GET', `/containers/${ends}/json`)).json() as { State: { Pid: number } };
  await engine.kill();
  process.kill(State.Pid, 'SIGKILL');
  await engine.start();
  await until('the ended one is let go', () => users('ends').length === 0);
  expect(users('stays')).toEqual([stays]);
  await tug('rm', '-f', ends, stays);
  await until('the other is let go', () => users('stays').length === 0);
}, 60_000);

test('a plugin that went away is told so; a container that has its volume can still be removed', async () => {
  const id = await tug('run', '-d', '-v', 'lost:/d', '--volume-driver', 'far', 'busybox', 'sleep', '1000');
  await plugin.close();
  rmSync(join(sockets(), 'far.sock'), { force: true });
  await tug('rm', '-f', id);
  const { code, stderr } = await engine.tug(['run', '--rm', '-v', 'lost:/d', 'busybox', 'true']);
  const why = 'create lost: error looking up volume plugin far: plugin "far" not found';
  expect([code, stderr.split('\n')[0]]).toEqual([125, `tug: Error response from daemon: ${why}`]);
  await tug('volume', 'rm', '-f', 'lost');
}, 60_000);
