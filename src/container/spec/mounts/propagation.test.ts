import { expect, test } from 'bun:test';
import { parseBind } from './mount-points.ts';
import { rootPropagation } from './propagation.ts';

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
