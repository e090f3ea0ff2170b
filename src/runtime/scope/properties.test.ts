import { expect, test } from 'bun:test';
import { scopeProperties } from './properties.ts';

const infinity = 2n ** 64n - 1n;
const shown = (resources: object, version: 1 | 2) =>
  Object.fromEntries(
    (scopeProperties({ devices: [], ...resources }, version) as [string, { value: bigint }][]).map(
      ([name, { value }]) => [name, value],
    ),
  );

test('limits by the names of either version; no limit of processes is said, as systemd has one of its own', () => {
  const resources = {
    memory: { limit: 300, swap: 500, reservation: 100 },
    cpu: { shares: 1024, quota: 25_000, period: 50_000 },
    pids: { limit: 7 },
  };
  expect(shown(resources, 2)).toEqual({
    TasksMax: 7n,
    MemoryMax: 300n,
    MemorySwapMax: 200n,
    MemoryLow: 100n,
    CPUWeight: 100n,
    CPUQuotaPerSecUSec: 500_000n,
  });
  expect(shown(resources, 1)).toEqual({
    TasksMax: 7n,
    MemoryLimit: 300n,
    CPUShares: 1024n,
    CPUQuotaPerSecUSec: 500_000n,
  });
  expect(shown({}, 2)).toEqual({ TasksMax: infinity });
  expect(shown({ memory: { limit: -1, swap: -1 }, cpu: { quota: -1 } }, 2)).toEqual({
    TasksMax: infinity,
    MemoryMax: infinity,
    MemorySwapMax: infinity,
    CPUQuotaPerSecUSec: infinity,
  });
  // Hundredths, rounded up.
  expect(shown({ cpu: { quota: 12_345 } }, 2).CPUQuotaPerSecUSec).toBe(130_000n);
});
