import { expect, test } from 'bun:test';
import { keptBytes } from './prune.ts';

const disk = { total: 100, free: 50 };

test.each([
  [{}, undefined],
  [{ keepStorage: 30 }, 30],
  [{ maxUsed: 60 }, 60],
  [{ maxUsed: 60, keepStorage: 80 }, 80],
  [{ minFree: 70 }, 80],
  [{ minFree: 70, maxUsed: 60 }, 60],
  [{ minFree: 40 }, 0],
  [{ minFree: 40, maxUsed: 90 }, 90],
  [{ minFree: 500 }, 0],
  [{ minFree: 500, keepStorage: 20 }, 20],
] as const)('of a cache of 100 bytes on a disk with 50 free, %j leaves %p', (options, bytes) => {
  expect(keptBytes(options, disk)).toBe(bytes);
});
