import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../kit/index.ts';
import { createPlugins } from '../../plugin/index.ts';
import { createMemoryStore, type Store } from '../../store/index.ts';
import { openVolumes } from '../fixture.ts';
import type { Volumes } from '../index.ts';
import { type FakePlugin, startFakePlugin } from './fake.ts';

let base: string;
let store: Store;
let plugin: FakePlugin;
let volumes: Volumes;

const open = (): Volumes => {
  const places = { sockets: [join(base, 'sockets')], specs: [] };
  return openVolumes({ root: join(base, 'volumes'), store, plugins: createPlugins({ places, log: silent }) });
};

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'tug-plugged-'));
  mkdirSync(join(base, 'sockets'));
  plugin = await startFakePlugin(join(base, 'sockets/far.sock'), join(base, 'far'));
  store = createMemoryStore();
  volumes = open();
});

afterEach(async () => {
  await plugin.close();
  store.close();
  rmSync(base, { recursive: true });
});

test('a volume of a plugin is made by it, shown as Docker shows it, and goes by it', async () => {
  const events: string[] = [];
  volumes.subscribe(({ action, name, driver }) => events.push(`${action} ${name} ${driver}`));
  const made = await volumes.create({ name: 'a/b', driver: 'far', options: { x: 'y' }, labels: { l: '' } });
  expect(made).toMatchObject({ Name: 'a/b', Driver: 'far', Scope: 'global', Mountpoint: '', Options: { x: 'y' } });
  await volumes.mount('a/b', 'f00');
  expect((await volumes.inspect('a/b')) as unknown).toEqual({
    CreatedAt: '0001-01-01T00:00:00Z',
    Driver: 'far',
    Labels: { l: '' },
    Mountpoint: join(base, 'far/a%2Fb'),
    Name: 'a/b',
    Options: { x: 'y' },
    Scope: 'global',
    Status: { mounts: 1 },
  });
  await volumes.release('f00');
  expect(await volumes.create({ name: 'a/b', driver: 'far' })).toMatchObject({ Driver: 'far' });
  await volumes.remove('a/b', { force: false });
  expect(events).toEqual(['create a/b far', 'destroy a/b far']);
  const asked = plugin.calls.map(({ method, Name, ID, Opts }) => [method, Name, ID ?? Opts].filter(Boolean));
  expect(asked.filter(([method]) => !['Get', 'Capabilities'].includes(method as string))).toEqual([
    ['Create', 'a/b', { x: 'y' }],
    ['Mount', 'a/b', 'f00'],
    ['Unmount', 'a/b', 'f00'],
    ['Remove', 'a/b'],
  ]);
  expect(readdirSync(join(base, 'volumes'))).toEqual([]);
});

test('volumes that others made with the plugin are listed, shown and used; a name belongs to one driver', async () => {
  plugin.volumes.set('theirs', new Set());
  await volumes.create({ name: 'mine' });
  const names = async (filters = {}) => ((await volumes.list(filters)).Volumes ?? []).map(({ Name }) => Name);
  expect(await names()).toEqual(['mine', 'theirs']);
  expect(await names({ driver: ['far'] })).toEqual(['theirs']);
  expect(await volumes.inspect('theirs')).toMatchObject({ Driver: 'far', Labels: null });
  expect(await volumes.create({ name: 'theirs' })).toMatchObject({ Driver: 'far' });
  const refused = (name: string, driver: string) => expect(volumes.create({ name, driver })).rejects;
  const words = (name: string, driver: string) =>
    `create ${name}: driver '${driver}' already has volume '${name}': volume name must be unique`;
  await refused('theirs', 'local').toMatchObject({ kind: 'conflict', message: words('theirs', 'far') });
  await refused('mine', 'far').toMatchObject({ kind: 'conflict', message: words('mine', 'local') });
  expect(volumes.drivers()).toEqual(['local', 'far']);
});

test('what the plugin refuses is told in Docker’s words, and nothing is written down', async () => {
  plugin.refuse = { Create: 'I will not', Mount: 'cannot mount', Remove: 'cannot remove' };
  await expect(volumes.create({ name: 'bad', driver: 'far' })).rejects.toThrow('create bad: I will not');
  expect(volumes.knows('bad')).toBe(false);
  plugin.volumes.set('there', new Set());
  await volumes.create({ name: 'there', driver: 'far' });
  await expect(volumes.mount('there', 'one')).rejects.toThrow("error while mounting volume '': cannot mount");
  await expect(volumes.remove('there', { force: true })).rejects.toThrow('remove there: cannot remove');
  expect(volumes.knows('there')).toBe(true);
});

test('in use it stays; once its plugin is gone it is no volume, and only force takes its name away', async () => {
  await volumes.create({ name: 'data', driver: 'far' });
  store.update((tx) => tx.refs.add('container:4f', 'volume:data'));
  await expect(volumes.remove('data', { force: true })).rejects.toThrow('remove data: volume is in use - [4f]');
  store.update((tx) => tx.refs.removeOwner('container:4f'));
  await plugin.close();
  volumes = open();
  rmSync(join(base, 'sockets/far.sock'), { force: true });
  await expect(volumes.inspect('data')).rejects.toThrow('get data: no such volume');
  expect((await volumes.list({})).Volumes).toEqual([]);
  await expect(volumes.remove('data', { force: false })).rejects.toThrow('get data: no such volume');
  await volumes.remove('data', { force: true });
  expect(volumes.knows('data')).toBe(false);
});

test('the next engine lets go of what a container had, once and with the same id', async () => {
  await volumes.create({ name: 'data', driver: 'far' });
  await volumes.mount('data', 'f00');
  await volumes.mount('data', 'f00');
  volumes = open();
  await volumes.restore();
  await volumes.resume('data', 'f00');
  await volumes.releaseUnused();
  expect(plugin.volumes.get('data')).toEqual(new Set(['f00']));
  await volumes.release('f00');
  expect(plugin.volumes.get('data')).toEqual(new Set());
  expect(plugin.calls.filter(({ method }) => method.endsWith('ount'))).toHaveLength(2);
});

test('one that the plugin lost is made anew; an image fills it where the plugin has it', async () => {
  await volumes.create({ name: 'data', driver: 'far' });
  plugin.volumes.clear();
  await volumes.create({ name: 'data', driver: 'far' });
  expect([...plugin.volumes.keys()]).toEqual(['data']);
});
