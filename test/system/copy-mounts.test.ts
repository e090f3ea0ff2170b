// What `cp` sees of mounts: of a container that never ran their places are made, as for a start, and symlinks lead where the kernel has them.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let file: string;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  const context = 'FROM busybox\nRUN mkdir -p /real/in && ln -s /real /link && ln -s /nowhere /dangling\n';
  expect((await engine.tug(['build', '-q', '-t', 'links', '-'], { stdin: context })).code).toBe(0);
  file = join(engine.directory, 'file');
  writeFileSync(file, 'contents\n');
}, 60_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

async function done(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(words);
  expect([words.join(' '), code, stderr]).toEqual([words.join(' '), 0, '']);
  return stdout;
}

/** The names in the archive of a path; all that is in it is ASCII. */
async function listed(name: string, path: string): Promise<string[]> {
  const { stdout } = await run(['tar', 'tf', '-'], { stdin: await done('cp', `${name}:${path}`, '-') });
  return stdout.split('\n').filter(Boolean).toSorted();
}

const mounts = () => ['-v', 'volume:/deep/er/volume', '-v', `${file}:/deep/er/parts/file:ro`];

test('files go into and out of volumes of a container that never ran, wherever they will lie', async () => {
  await done('create', '--name', 'fresh', ...mounts(), 'busybox', 'true');
  expect(await done('diff', 'fresh')).toBe('');
  await done('cp', '-q', file, 'fresh:/deep/er/volume/');
  expect(await listed('fresh', '/deep')).toEqual([
    'deep/',
    'deep/er/',
    'deep/er/parts/',
    'deep/er/parts/file',
    'deep/er/volume/',
    'deep/er/volume/file',
  ]);
  expect((await done('diff', 'fresh')).split('\n').filter(Boolean)).toEqual([
    'A /deep',
    'A /deep/er',
    'A /deep/er/parts',
    'A /deep/er/parts/file',
    'A /deep/er/volume',
  ]);
  expect(await done('run', '--rm', '-v', 'volume:/v', 'busybox', 'ls', '/v')).toBe('file\n');
  await done('rm', '-v', 'fresh');
});

test('reading alone is enough, and the container starts on what was made', async () => {
  await done('create', '--name', 'fresh', ...mounts(), 'busybox', 'cat', '/deep/er/volume/file', '/deep/er/parts/file');
  expect(await listed('fresh', '/deep/er/volume')).toEqual(['volume/', 'volume/file']);
  expect(await listed('fresh', '/deep')).toContain('deep/er/parts/file');
  expect(await done('start', '-a', 'fresh')).toBe('contents\ncontents\n');
  await done('rm', 'fresh');
});

test('a mount in another mount has its place there', async () => {
  await done('create', '--name', 'nested', '-v', 'outer:/data', '-v', 'volume:/data/in/ner', 'busybox', 'true');
  expect(await listed('nested', '/data')).toEqual(['data/', 'data/in/', 'data/in/ner/', 'data/in/ner/file']);
  expect(await done('run', '--rm', '-v', 'outer:/v', 'busybox', 'find', '/v')).toBe('/v\n/v/in\n/v/in/ner\n');
  await done('rm', 'nested');
});

test('where no place can be made the rest is copied', async () => {
  const behind = ['-v', `${file}:/dangling/file`, '-v', `${file}:/etc/passwd/file`];
  await done('create', '--name', 'odd', '-v', 'volume:/data:ro', '-v', `${file}:/data/new`, ...behind, 'links', 'true');
  expect(await listed('odd', '/data')).toEqual(['data/', 'data/file']);
  await done('rm', 'odd');
});

test('behind symlinks mounts are where they lead, running or not', async () => {
  const behind = ['-v', 'volume:/link/in/volume', '-v', `${file}:/link/file`];
  await done('create', '--name', 'linked', ...behind, 'links', 'sleep', '1000');
  for (const state of ['created', 'running']) {
    if (state === 'running') await done('start', 'linked');
    for (const path of ['/real/in/volume', '/link/in/volume'])
      expect([state, await listed('linked', path)]).toEqual([state, ['volume/', 'volume/file']]);
    expect(await listed('linked', '/real')).toEqual([
      'real/',
      'real/file',
      'real/in/',
      'real/in/volume/',
      'real/in/volume/file',
    ]);
    expect(await listed('linked', '/link/file')).toEqual(['file']);
    await done('cp', '-q', file, `linked:/real/in/volume/${state}`);
    expect(await done('run', '--rm', '-v', 'volume:/v', 'busybox', 'ls', '/v')).toContain(state);
    await done('run', '--rm', '-v', 'volume:/v', 'busybox', 'rm', `/v/${state}`);
  }
  await done('rm', '-f', 'linked');
});

test('a container that turns a symlink elsewhere is not followed to what it mounts', async () => {
  const turn = 'rm /link && ln -s /proc /link && mkdir -p /dir && sleep 1000';
  await done('run', '-d', '--name', 'turned', '-v', 'volume:/link/sys', 'links', 'sh', '-c', turn);
  await done('exec', 'turned', 'sh', '-c', 'until [ -d /dir ]; do sleep 0.1; done');
  const { code, stderr } = await engine.tug(['cp', 'turned:/link/sys/kernel', '-']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('Could not find the file /link/sys/kernel')]);
  await done('rm', '-f', 'turned');
});
