import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type Store } from '../store/index.ts';
import { openVolumes } from './fixture.ts';
import type { Volumes } from './index.ts';
import { volumeRows } from './records/row.ts';

let root: string;
let store: Store;
let volumes: Volumes;

const open = (): Volumes => openVolumes({ root, store });

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'volumes-')), 'volumes');
  store = createMemoryStore();
  volumes = open();
});
afterEach(() => {
  store.close();
  rmSync(join(root, '..'), { recursive: true });
});

test('a volume is made once, and shown as Docker shows it', async () => {
  const made = await volumes.create({ name: 'data', labels: { a: 'b' } });
  expect(made as unknown).toEqual({
    CreatedAt: '2026-01-02T03:04:05Z',
    Driver: 'local',
    Labels: { a: 'b' },
    Mountpoint: join(root, 'data/_data'),
    Name: 'data',
    Options: null,
    Scope: 'local',
  });
  expect(await volumes.create({ name: 'data', labels: { c: 'd' } })).toEqual(made);
  expect(await volumes.inspect('data')).toEqual(made);
  expect(statSync(made.Mountpoint).mode & 0o777).toBe(0o755);
  await expect(volumes.inspect('nope')).rejects.toThrow('get nope: no such volume');
});

test('without a name it is anonymous', async () => {
  const { Name, Labels } = await volumes.create({});
  expect(Name).toMatch(/^[0-9a-f]{64}$/);
  expect(Labels).toEqual({ 'com.docker.volume.anonymous': '' });
  expect(volumes.isAnonymous(Name)).toBe(true);
  await volumes.create({ name: 'named' });
  expect(volumes.isAnonymous('named')).toBe(false);
});

test.each([
  [{ name: 'a' }, 'create a: volume name is too short, names should be at least two alphanumeric characters'],
  [
    { name: '../x' },
    'create ../x: "../x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  [{ name: 'ab', driver: 'foo' }, 'create ab: error looking up volume plugin foo: plugin "foo" not found'],
  [{ name: 'ab', options: { foo: 'x' } }, 'create ab: invalid option: "foo"'],
  [{ name: 'ab', options: { type: 'tmpfs' } }, 'create ab: missing required option: "device"'],
  [
    { name: 'ab', options: { size: '1m', type: 'tmpfs', device: 'x' } },
    'create ab: quota size requested but no quota support',
  ],
  [{ name: 'ab', options: { size: 'much' } }, "create ab: invalid size: 'much'"],
  [{ name: 'ab', options: { size: '10k' } }, "create ab: invalid size: '10k': the smallest is 1m"],
  [{ name: 'ab', options: { device: 'tmpfs' } }, 'create ab: missing required option: "type"'],
])('%o is refused, and leaves nothing', async (request, words) => {
  await expect(volumes.create(request)).rejects.toThrow(words);
  expect(readdirSync(root)).toEqual([]);
});

test('a volume in use stays, and goes with its files when nobody uses it', async () => {
  const events: string[] = [];
  volumes.subscribe(({ action, name }) => events.push(`${action} ${name}`));
  const { Mountpoint } = await volumes.create({ name: 'data' });
  writeFileSync(join(Mountpoint, 'file'), 'x');
  store.update((tx) => tx.refs.add('container:4f', 'volume:data'));
  await expect(volumes.remove('data', { force: true })).rejects.toThrow('remove data: volume is in use - [4f]');
  expect(existsSync(join(Mountpoint, 'file'))).toBe(true);
  store.update((tx) => tx.refs.remove('container:4f', 'volume:data'));
  await volumes.remove('data', { force: false });
  expect(existsSync(Mountpoint)).toBe(false);
  await volumes.settled();
  expect(readdirSync(root)).toEqual([]);
  await expect(volumes.remove('data', { force: false })).rejects.toThrow('get data: no such volume');
  await volumes.remove('data', { force: true });
  expect(events).toEqual(['create data', 'destroy data']);
});

test('lists by name, label, driver and use', async () => {
  await volumes.create({ name: 'one', labels: { a: 'b' } });
  await volumes.create({ name: 'other' });
  store.update((tx) => tx.refs.add('container:4f', 'volume:other'));
  const names = async (filters: Record<string, string[]>): Promise<string[] | undefined> =>
    (await volumes.list(filters)).Volumes?.map(({ Name }) => Name);
  expect(await names({})).toEqual(['one', 'other']);
  expect(await names({ name: ['^one$'] })).toEqual(['one']);
  expect(await names({ name: ['[', 'th'] })).toEqual(['other']);
  expect(await names({ label: ['a'] })).toEqual(['one']);
  expect(await names({ label: ['a=c'] })).toEqual([]);
  expect(await names({ driver: ['local'] })).toEqual(['one', 'other']);
  expect(await names({ dangling: ['true'] })).toEqual(['one']);
  expect(await names({ dangling: ['0'] })).toEqual(['other']);
  await expect(names({ dangling: ['x'] })).rejects.toThrow("invalid filter 'dangling=[x]'");
  await expect(names({ foo: ['x'] })).rejects.toThrow("invalid filter 'foo'");
});

test('what a kill cut short is finished, and what is not ours stays', async () => {
  const { Mountpoint } = await volumes.create({ name: 'condemned' });
  writeFileSync(join(Mountpoint, 'file'), 'x');
  store.update((tx) => {
    const rows = tx.collection(volumeRows);
    const row = rows.get('condemned');
    if (row) rows.put('condemned', { ...row, removing: true });
  });
  mkdirSync(join(root, 'unmade/_data'), { recursive: true });
  mkdirSync(join(root, 'foreign/_data/x'), { recursive: true });
  // What was being freed.
  mkdirSync(join(root, '.removed-0123456789abcdef/_data/x'), { recursive: true });
  await volumes.create({ name: 'kept' });
  volumes = open();
  await expect(volumes.inspect('condemned')).rejects.toThrow('get condemned: no such volume');
  await volumes.restore();
  expect(existsSync(Mountpoint)).toBe(false);
  await volumes.settled();
  expect(readdirSync(root).toSorted()).toEqual(['foreign', 'kept']);
  expect((await volumes.list({})).Volumes?.map(({ Name }) => Name)).toEqual(['kept']);
});

test('a removal that a kill cut short between files and row is finished', async () => {
  await volumes.create({ name: 'half' });
  store.update((tx) => {
    const rows = tx.collection(volumeRows);
    const row = rows.get('half');
    if (row) rows.put('half', { ...row, removing: true });
  });
  rmSync(join(root, 'half'), { recursive: true });
  volumes = open();
  await volumes.restore();
  expect(store.view((tx) => tx.collection(volumeRows).get('half'))).toBeUndefined();
});
