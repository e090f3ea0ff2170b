// The leak checker is what the other tests rest on: a planted leak of each kind must be seen.
import { expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectCgroups } from '../../src/host/index.ts';
import { must, until } from '../support/command.ts';
import { startEngine } from '../support/engine.ts';
import { leaked, traces } from '../support/leaks.ts';

test('nothing planted, nothing found', async () => {
  const before = await traces();
  expect(leaked(before, await traces()).filter((trace) => !trace.startsWith('namespace'))).toEqual([]);
});

test('a link', async () => {
  const before = await traces();
  await must(['ip', 'link', 'add', 'tugplanted', 'type', 'bridge']);
  const found = leaked(before, await traces());
  await must(['ip', 'link', 'delete', 'tugplanted']);
  expect(found).toContain('link tugplanted');
});

test('a cgroup', async () => {
  const before = await traces();
  const planted = detectCgroups().directoryOf('pids', 'tug-planted') ?? '';
  mkdirSync(planted);
  const found = leaked(before, await traces());
  rmdirSync(planted);
  expect(found).toContain(`cgroup ${planted}`);
});

test('an nft table', async () => {
  const before = await traces();
  await must(['nft', 'add', 'table', 'inet', 'tug_planted']);
  const found = leaked(before, await traces());
  await must(['nft', 'delete', 'table', 'inet', 'tug_planted']);
  expect(found).toContain('table inet tug_planted');
});

test('a process with a network namespace of its own', async () => {
  const before = await traces();
  const directory = mkdtempSync(join(tmpdir(), 'tug-planted-'));
  copyFileSync('/bin/busybox', join(directory, 'busybox'));
  const child = Bun.spawn(['unshare', '-n', join(directory, 'busybox'), 'sh', '-c', 'sleep 30; : tug-shim']);
  // Its command line becomes the shell's once it has its namespace.
  await until('it runs', () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').startsWith(directory));
  const found = leaked(before, await traces());
  child.kill('SIGKILL');
  await child.exited;
  rmSync(directory, { recursive: true });
  expect(found.some((trace) => trace.startsWith('process') && trace.includes('tug-shim'))).toBe(true);
  expect(found.some((trace) => trace.startsWith('namespace net'))).toBe(true);
});

test('a mount', async () => {
  const before = await traces();
  const directory = mkdtempSync(join(tmpdir(), 'tug-planted-'));
  await must(['mount', '-t', 'tmpfs', 'planted', directory]);
  const found = leaked(before, await traces());
  await must(['umount', directory]);
  rmdirSync(directory);
  expect(found.some((trace) => trace.startsWith('mount') && trace.includes(directory))).toBe(true);
});

test('an engine that does not come up any more leaves nothing either', async () => {
  const before = await traces();
  const engine = await startEngine();
  await engine.withBusybox();
  expect((await engine.tug(['run', '-d', '--name', 'orphan', 'busybox', 'sleep', '1000'])).code).toBe(0);
  await engine.kill();
  rmSync(join(engine.directory, 'data/tug.db'));
  mkdirSync(join(engine.directory, 'data/tug.db'));
  await expect(engine.dispose()).rejects.toThrow('the engine ended at once');
  const left = async () => leaked(before, await traces()).filter((trace) => !/^cgroup [^ ]+\/tug$/.test(trace));
  await until('all is gone', async () => (await left()).length === 0).catch(() => undefined);
  expect(await left()).toEqual([]);
  expect(existsSync(engine.directory)).toBe(false);
});

test('an engine goes with the parent of its containers’ cgroups', async () => {
  const before = await traces();
  const engine = await startEngine();
  await engine.withBusybox();
  expect((await engine.tug(['run', '--rm', 'busybox', 'true'])).code).toBe(0);
  expect(await engine.dispose()).toEqual([]);
  expect(leaked(before, await traces()).filter((trace) => /^cgroup .*\/tug$/.test(trace))).toEqual([]);
}, 30_000);
