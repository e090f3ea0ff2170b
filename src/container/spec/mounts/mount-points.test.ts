import { expect, test } from 'bun:test';
import type { HostConfig, Mount } from '../../../api/index.ts';
import { parseBind, parseMount, resolveMountPoints } from './mount-points.ts';

test.each([
  ['', "invalid volume specification: ''"],
  [
    'a:b',
    "invalid volume specification: 'a:b': invalid mount config for type \"volume\": invalid mount path: 'b' mount path must be absolute",
  ],
  ['/a:/b:c', 'invalid mode: c'],
  [
    '/a:/',
    "invalid volume specification: '/a:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
  ],
  ['/a:/b:/c:d', "invalid volume specification: '/a:/b:/c:d'"],
  [':/b', "invalid volume specification: ':/b'"],
  ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
  [
    '/a:/b:nocopy',
    'invalid volume specification: \'/a:/b:nocopy\': invalid mount config for type "bind": field VolumeOptions must not be specified',
  ],
  ['/foo:rw', "invalid volume specification: '/foo:rw'"],
  [
    'ab:/b:rslave',
    'invalid volume specification: \'ab:/b:rslave\': invalid mount config for type "volume": field BindOptions must not be specified',
  ],
])('-v %p is refused', (bind, words) => {
  expect(() => parseBind(bind, '')).toThrow(words);
});

test('-v is a bind, a named volume or an anonymous one', () => {
  expect(parseBind('/a/../x:/c/../d/:ro,rslave', '')).toMatchObject({
    type: 'bind',
    source: '/x',
    destination: '/d',
    rw: false,
    propagation: 'rslave',
    mode: 'ro,rslave',
    createSource: true,
  });
  expect(parseBind('data:/d:nocopy', 'local')).toMatchObject({
    type: 'volume',
    name: 'data',
    destination: '/d',
    rw: true,
    propagation: '',
    driver: 'local',
    copy: false,
  });
  expect(parseBind('/d', '')).toMatchObject({ type: 'volume', name: '', destination: '/d', copy: true });
});

const bad = (type: string, why: string): string => `invalid mount config for type "${type}": ${why}`;

test.each<[Mount, string]>([
  [{ Type: 'bind' }, bad('bind', 'field Target must not be empty')],
  [{ Type: 'bind', Target: '/b' }, bad('bind', 'field Source must not be empty')],
  [{ Type: 'bind', Target: 'b', Source: '/tmp' }, bad('bind', "invalid mount path: 'b' mount path must be absolute")],
  [{ Type: 'bind', Target: '/b', Source: 'r' }, bad('bind', "invalid mount path: 'r' mount path must be absolute")],
  [
    { Type: 'bind', Target: '/b', Source: '/nonexistent' },
    bad('bind', 'bind source path does not exist: /nonexistent'),
  ],
  [{ Type: 'foo' as 'bind', Target: '/b' }, bad('foo', 'mount type unknown')],
  [
    { Type: 'volume', Target: '/b', ReadOnly: true },
    bad('volume', 'must not set ReadOnly mode when using anonymous volumes'),
  ],
  [{ Type: 'tmpfs', Target: '/b', Source: 'x' }, bad('tmpfs', 'field Source must not be specified')],
  [
    { Type: 'volume', Target: '/b', Source: 'x', BindOptions: {} },
    'BindOptions must not be specified on mount type "volume"',
  ],
  [
    { Type: 'bind', Target: '/b', Source: '/tmp', TmpfsOptions: {} },
    'TmpfsOptions must not be specified on mount type "bind"',
  ],
  [
    { Type: 'bind', Target: '/b', Source: '/tmp', BindOptions: { Propagation: 'foo' as 'private' } },
    bad('bind', 'invalid propagation mode: foo'),
  ],
  [{ Type: 'tmpfs', Target: '/b', TmpfsOptions: { Options: [['foo']] } }, bad('tmpfs', 'invalid option: foo')],
  [{ Type: 'tmpfs', Target: '/b', TmpfsOptions: { Options: [[]] } }, bad('tmpfs', 'invalid option array length')],
  [
    { Type: 'volume', Target: '/b', Source: 'x', VolumeOptions: { Subpath: '../x' } },
    bad('volume', 'subpath must be a relative path within the volume'),
  ],
  [
    { Type: 'volume', Target: '/b', VolumeOptions: { Subpath: 'x' } },
    bad('volume', 'must not set Subpath when using anonymous volumes'),
  ],
])('--mount %o is refused', (mount, words) => {
  expect(() => parseMount(mount)).toThrow(words);
});

const resolve = (given: HostConfig, volumes: string[] = []): string[] =>
  resolveMountPoints({ Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }, given, '/data-root').map(
    ({ type, destination }) => `${type} ${destination}`,
  );

test('one place is mounted once; the image gives way', () => {
  const twice = 'Duplicate mount point: /b';
  expect(() => resolve({ Binds: ['/tmp:/b', '/tmp:/b/'] })).toThrow(twice);
  expect(() => resolve({ Binds: ['/tmp:/b'], Mounts: [{ Type: 'volume', Target: '/b' }] })).toThrow(twice);
  expect(() => resolve({ Binds: ['/tmp:/b'], Tmpfs: { '/b': '' } })).toThrow(twice);
  expect(resolve({ Binds: ['/tmp:/b'], Tmpfs: { '/t': '' } }, ['/b/', '/t', '/v'])).toEqual(['bind /b', 'volume /v']);
});

test.each(['/', '', '.', 'a/..', '/..'])('a volume of the image at %p would hide the root', (path) => {
  expect(() => resolve({}, [path])).toThrow("invalid specification: destination can't be '/'");
});

test('a tmpfs by --mount', () => {
  const TmpfsOptions = { SizeBytes: 5 << 20, Mode: 0o700, Options: [['exec']] };
  expect(parseMount({ Type: 'tmpfs', Target: '/t', ReadOnly: true, TmpfsOptions }).tmpfs).toEqual([
    'ro',
    'mode=700',
    'size=5m',
    'exec',
  ]);
});
