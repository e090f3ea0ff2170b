import { existsSync } from 'node:fs';
import type { HostConfig } from '../../src/api/index.ts';

const limits = (host: HostConfig) => ({ host });
const ulimits = (...Ulimits: NonNullable<HostConfig['Ulimits']>) => ({ host: { Ulimits } });

/** A block device of this machine whose queue can be limited; a machine without one compares no rates. */
const disk = ['/dev/vda', '/dev/sda', '/dev/nvme0n1', '/dev/xvda', '/dev/loop0'].find((path) => existsSync(path));
const rate = (Rate: number) => (disk ? [{ Path: disk, Rate }] : []);

/** Limits, for the comparisons of test/system/option-sets.ts. */
export const resourceSets = {
  'memory, cpu and pids': limits({
    Memory: 64 << 20,
    MemoryReservation: 32 << 20,
    CpuShares: 512,
    CpuPeriod: 50_000,
    CpuQuota: 25_000,
    PidsLimit: 50,
  }),
  'memory, parts of cpus, a cpuset': limits({
    Memory: 50 << 20,
    NanoCpus: 15e8,
    PidsLimit: 100,
    CpuShares: 512,
    CpusetCpus: '0',
    MemoryReservation: 20 << 20,
  }),
  'memory without swap': limits({ Memory: 64 << 20, MemorySwap: 64 << 20, MemorySwappiness: 10 }),
  'memory and swap': limits({ Memory: 50 << 20, MemorySwap: 60 << 20, CpuQuota: -1, PidsLimit: 0 }),
  'swap without a limit, a period': limits({
    Memory: 50 << 20,
    MemorySwap: -1,
    CpuPeriod: 50_000,
    CpuQuota: 20_000,
    CpusetMems: '0',
  }),
  'memory without the OOM killer': limits({ Memory: 64 << 20, MemorySwap: -1, OomKillDisable: true }),
  'memory that is promised': limits({ MemoryReservation: 32 << 20 }),
  'memory of TCP': limits({ KernelMemoryTCP: 16 << 20 }),
  'no swapping': limits({ MemorySwappiness: 0 }),
  'cpuset, half a cpu': limits({ CpusetCpus: '0', NanoCpus: 500_000_000 }),
  'cpus and memory nodes': limits({ CpusetCpus: '0-1', CpusetMems: '0' }),
  'least shares': limits({ CpuShares: 2 }),
  'most shares': limits({ CpuShares: 262_144 }),
  'a quota alone': limits({ CpuQuota: 30_000 }),
  'a period alone': limits({ CpuPeriod: 20_000 }),
  pids: limits({ PidsLimit: 40 }),
  'block I/O weight': limits({ BlkioWeight: 300 }),
  'bytes read from a device': limits({ BlkioDeviceReadBps: rate(1 << 20) }),
  'bytes written to a device': limits({ BlkioDeviceWriteBps: rate(2 << 20) }),
  'operations on a device': limits({ BlkioDeviceReadIOps: rate(100), BlkioDeviceWriteIOps: rate(200) }),
  'all rates of a device': limits({
    BlkioDeviceReadBps: rate(1 << 20),
    BlkioDeviceWriteBps: rate(1 << 21),
    BlkioDeviceReadIOps: rate(300),
    BlkioDeviceWriteIOps: rate(400),
  }),
  'OOM score': limits({ OomScoreAdj: 500 }),
  'highest OOM score': limits({ OomScoreAdj: 1000 }),
  'limits of files, core, processes': ulimits(
    { Name: 'nofile', Soft: 100, Hard: 200 },
    { Name: 'core', Soft: 0, Hard: 0 },
    { Name: 'nproc', Soft: 50, Hard: 60 },
  ),
  'limits of memory and time': ulimits(
    { Name: 'stack', Soft: 4 << 20, Hard: 8 << 20 },
    { Name: 'cpu', Soft: 100, Hard: 200 },
    { Name: 'fsize', Soft: 1 << 20, Hard: 1 << 20 },
    { Name: 'memlock', Soft: 1 << 14, Hard: 1 << 15 },
  ),
  'limits of the rest': ulimits(
    { Name: 'data', Soft: 1 << 28, Hard: 1 << 28 },
    { Name: 'msgqueue', Soft: 1000, Hard: 2000 },
    { Name: 'sigpending', Soft: 100, Hard: 200 },
    { Name: 'nice', Soft: 0, Hard: 0 },
    { Name: 'rtprio', Soft: 0, Hard: 0 },
    { Name: 'locks', Soft: 5, Hard: 6 },
  ),
};
