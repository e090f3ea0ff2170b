import { expect, test } from 'bun:test';
import type { Usage } from '../../runtime/index.ts';
import { parseInterfaces } from './interfaces.ts';
import { parseStat } from './machine.ts';
import { type Look, shapeSample } from './shape.ts';

test('the machine’s time is user to softirq, of all CPUs together', () => {
  const text = 'cpu  1 2 3 4 5 6 7 100 200 300\ncpu0 1 2 3 4 5 6 7 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 5\n';
  expect(parseStat(text)).toEqual({ cpuTime: 280_000_000, cpus: 2 });
});

test('interfaces but those of the kernel', () => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:       9       9    0    0    0     0          0         0        9       9    0    0    0     0       0          0',
    ' tunl0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0',
    '  eth1:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16',
    '  eth0:100000000000      11    0    0    0     0          0         0      126       3    0    0    0     0       0          0',
  ].join('\n');
  const found = parseInterfaces(text);
  expect(Object.keys(found)).toEqual(['eth0', 'eth1']);
  expect(found.eth0?.rx_bytes).toBe(100_000_000_000);
  expect(found.eth1).toEqual({
    rx_bytes: 1,
    rx_packets: 2,
    rx_errors: 3,
    rx_dropped: 4,
    tx_bytes: 9,
    tx_packets: 10,
    tx_errors: 11,
    tx_dropped: 12,
  });
});

const usage: Usage = {
  version: 2,
  cpu: { total: 9, user: 5, kernel: 4, throttling: { periods: 3, throttled: 2, time: 1 } },
  memory: { usage: 10, limit: Number.POSITIVE_INFINITY, failures: 7, details: { anon: 5, rss: 1 } },
  block: { bytes: [{ major: 8, minor: 0, op: 'read', value: 3 }] },
};
const look: Look = {
  at: '2026-01-01T00:00:00Z',
  usage,
  machine: { cpuTime: 1000, cpus: 2, memory: 4096 },
  interfaces: {},
};

test('version 2 in Docker’s shape: no CPUs one by one, null for what is not counted, the machine as the limit', () => {
  const sample = shapeSample({ name: '/a', id: 'x' }, look);
  expect(sample.cpu_stats).toEqual({
    cpu_usage: { total_usage: 9, usage_in_kernelmode: 4, usage_in_usermode: 5 },
    system_cpu_usage: 1000,
    online_cpus: 2,
    throttling_data: { periods: 3, throttled_periods: 2, throttled_time: 1 },
  });
  expect(sample.memory_stats).toMatchObject({ usage: 10, failcnt: 7, limit: 4096, stats: { anon: 5, slab: 0 } });
  expect(sample.memory_stats).not.toHaveProperty('max_usage');
  expect(sample.memory_stats?.stats).not.toHaveProperty('rss');
  expect(sample.blkio_stats?.io_service_bytes_recursive).toEqual([{ major: 8, minor: 0, op: 'read', value: 3 }]);
  expect(sample.blkio_stats?.io_serviced_recursive).toBeNull();
  expect(sample.pids_stats).toEqual({});
  const counted = (limit: object) => shapeSample({}, { ...look, usage: { ...usage, pids: { current: 3, ...limit } } });
  expect(counted({ limit: 7 }).pids_stats).toEqual({ current: 3, limit: 7 });
  expect(JSON.stringify(counted({}).pids_stats)).toBe('{"current":3,"limit":18446744073709551615}');
});

test('version 1 has empty lists instead', () => {
  const old: Look = { ...look, usage: { ...usage, version: 1, block: { bytes: [], operations: [] } } };
  expect(shapeSample({}, old, look)).toMatchObject({
    preread: '2026-01-01T00:00:00Z',
    blkio_stats: { io_service_bytes_recursive: [], io_serviced_recursive: [], sectors_recursive: [] },
  });
});
