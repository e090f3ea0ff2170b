import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type Store } from '../../store/index.ts';
import type { Volumes } from '../contract.ts';
import { openVolumes } from '../fixture.ts';
import { parseMountOptions } from '../local/mount-options.ts';

let root = '';
let store: Store;
let volumes: Volumes;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tug-prune-'));
  store = createMemoryStore();
  volumes = openVolumes({ root, store });
  await volumes.create({ name: 'named' });
  await volumes.create({ name: 'kept', labels: { keep: 'yes' } });
  await volumes.create({ name: 'used' });
  store.update(({ refs }) => refs.add('container:1', 'volume:used'));
  writeFileSync(join(volumes.path('named'), 'file'), Buffer.alloc(1000));
});

afterEach(() => {
  store.close();
  rmSync(root, { recursive: true });
});

const names = async () => (await volumes.list({})).Volumes?.map(({ Name }) => Name);

test('only anonymous volumes go by themselves', async () => {
  const { Name } = await volumes.create({});
  expect(await volumes.prune({})).toEqual({ VolumesDeleted: [Name], SpaceReclaimed: 0 });
  expect(await names()).toEqual(['kept', 'named', 'used']);
});

test('with `all` the named ones, too, but none that is used or kept by a label', async () => {
  const deleted = { VolumesDeleted: ['named'], SpaceReclaimed: 1000 };
  expect(await volumes.prune({ all: ['1'], 'label!': ['keep'] })).toEqual(deleted);
  expect(await names()).toEqual(['kept', 'used']);
  expect((await volumes.prune({ all: ['true'], label: ['keep=no'] })).VolumesDeleted).toEqual([]);
  expect((await volumes.prune({ all: ['true'], label: ['keep=yes'] })).VolumesDeleted).toEqual(['kept']);
});

test.each([
  [{ name: ['x'] }, "invalid filter 'name'"],
  [{ all: ['maybe'] }, `invalid filter 'all': strconv.ParseBool: parsing "maybe": invalid syntax`],
])('%o is refused', async (filters, words) => {
  await expect(volumes.prune(filters as unknown as Record<string, string[]>)).rejects.toThrow(words);
});

test.each([
  ['', { flags: 0, propagation: 0, remount: 0, data: '' }],
  ['rw,size=1m,uid=5', { flags: 0, propagation: 0, remount: 0, data: 'size=1m,uid=5' }],
  ['ro,nosuid,noexec,nodev', { flags: 15, propagation: 0, remount: 0, data: '' }],
  ['bind', { flags: 0x1000, propagation: 0, remount: 0, data: '' }],
  ['rbind,ro,rslave', { flags: 0x5001, propagation: 0x84000, remount: 0x5021, data: '' }],
  ['ro,rw,constructor', { flags: 0, propagation: 0, remount: 0, data: 'constructor' }],
])('mount options %o', (text, sorted) => {
  expect(parseMountOptions(text)).toEqual(sorted);
});
