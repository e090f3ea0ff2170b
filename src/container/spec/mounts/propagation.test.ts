import { expect, test } from 'bun:test';
import { parseBind } from './mount-points.ts';
import { rootPropagation, settlePropagation } from './propagation.ts';

const table = [
  '21 1 8:1 / / rw,relatime - ext4 /dev/sda rw',
  '22 21 0:5 / /proc rw shared:3 - proc proc rw',
  '23 21 0:6 / /usr rw master:4 - tmpfs tmpfs rw',
  '24 21 0:6 / /sys\\040x rw shared:9 - tmpfs tmpfs rw',
  '',
].join('\n');
const of = (...binds: string[]) =>
  rootPropagation(
    binds.map((bind) => parseBind(bind, '')),
    () => table,
  );

test('the root lets through what its mounts ask for', () => {
  expect(of('/tmp:/a', '/usr:/b:ro')).toBeUndefined();
  expect(of('/proc/sys:/a:rslave')).toBe('rslave');
  expect(of('/usr/bin/env:/a:slave')).toBe('rslave');
  expect(of('/proc:/a:shared', '/proc:/b:rslave')).toBe('shared');
});

test('a source that is not shared is refused', () => {
  expect(() => of('/tmp:/a:rslave')).toThrow('path /tmp is mounted on / but it is not a shared or slave mount');
  expect(() => of('/usr:/a:rshared')).toThrow('path /usr is mounted on /usr but it is not a shared mount');
});

const settled = (bind: string) => settlePropagation(parseBind(bind, ''), '/usr/lib/engine');

test('a bind is private, but for one of the engine’s data or of what that lies in', () => {
  expect(settled('/usr/lib/engine2:/a')).toMatchObject({ propagation: 'rprivate' });
  expect(settled('/proc:/a:slave')).toMatchObject({ propagation: 'slave' });
  for (const source of ['/', '/usr', '/usr/lib/engine', '/usr/lib/engine/volumes/v'])
    expect(settled(`${source}:/a`)).toMatchObject({ propagation: 'rslave', propagationImplied: true });
  expect(settled('/usr:/a:rshared')).toMatchObject({ propagation: 'rshared' });
  expect(() => settled('/usr:/a:private')).toThrow(
    'must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "/usr/lib/engine", bind mount source: "/usr", propagation: "private"',
  );
});

test('what nobody asked for is not refused where the host’s mount has no such thing', () => {
  const near = (source: string) =>
    rootPropagation([settlePropagation(parseBind(`${source}:/a`, ''), source)], () => table);
  expect(near('/tmp')).toBeUndefined();
  expect(near('/usr')).toBe('rslave');
});
