import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { HostConfig } from '../../api/index.ts';
import { createMemoryStore, type Store } from '../../store/index.ts';
import { type ContainerRow, rowsOf } from '../row.ts';
import { resolveMountPoints } from '../spec/index.ts';
import { allMounts } from './volumes-from.ts';

let store: Store;

beforeEach(() => {
  store = createMemoryStore();
  const volumes = { Volumes: { '/anonymous': {} } };
  const hostConfig: HostConfig = {
    Binds: ['data:/data', 'seed:/seed:ro', '/tmp:/host'],
    Mounts: [{ Type: 'tmpfs', Target: '/memory' }],
  };
  const mounts = resolveMountPoints(volumes, hostConfig, dataRoot).map((point) =>
    point.name === '' && point.type === 'volume' ? { ...point, name: 'f00' } : point,
  );
  const row = { id: 'a'.repeat(64), name: 'donor', mounts } as Partial<ContainerRow> as ContainerRow;
  store.update((tx) => rowsOf(tx).put(row.id, row));
});

afterEach(() => store.close());

const dataRoot = '/data-root';
const shown = (hostConfig: HostConfig, volumes: Record<string, Record<string, never>> = {}) =>
  allMounts({ store, dataRoot }, { Volumes: volumes }, hostConfig)
    .map(
      ({ type, name, destination, rw, copy }) =>
        `${type} ${name} ${destination} ${rw ? 'rw' : 'ro'}${copy ? ' copy' : ''}`,
    )
    .toSorted();

test('volumes and binds come along, never to be filled; what the user places himself comes first, an image last', () => {
  expect(shown({ VolumesFrom: ['donor'], Binds: ['other:/data'] }, { '/seed': {}, '/own': {} })).toEqual([
    'bind  /host rw',
    'volume  /own rw copy',
    'volume f00 /anonymous rw',
    'volume other /data rw copy',
    'volume seed /seed ro',
  ]);
});

test('`ro` makes all of them read-only, `rw` none writable that was not', () => {
  expect(shown({ VolumesFrom: ['donor:ro'] }).every((line) => line.endsWith(' ro'))).toBe(true);
  expect(shown({ VolumesFrom: [`${'a'.repeat(12)}:rw`] })).toContain('volume seed /seed ro');
});

test.each([
  ['nobody', 'No such container: nobody'],
  ['donor:what', 'invalid mode: what'],
  ['donor:rslave', 'invalid mode: rslave'],
  ['donor:nocopy', 'invalid mode: nocopy'],
  [':ro', 'invalid name or ID supplied: ""'],
  ['', 'volumes-from specification cannot be an empty string'],
])('%o is refused as the request’s mistake', (text, words) => {
  expect(() => shown({ VolumesFrom: [text] })).toThrow(expect.objectContaining({ kind: 'invalid', message: words }));
});
