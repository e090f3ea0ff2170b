import { posix } from 'node:path';
import type { CgroupParent } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { SpecBlockIO, SpecResources } from '../../../oci/index.ts';
import type { SetupStep } from '../../plan/steps.ts';
import { deviceAccess } from './device-access.ts';
import { deviceProgram } from './device-program.ts';

/** The limits of a v2 cgroup: writes to its control files and the program that guards its devices. */
export function compileLimitsV2(resources: SpecResources, directory: string, parent: CgroupParent): SetupStep[] {
  const { pids, cpu, blockIO, unified = {} } = resources;
  const writes: [file: string, value: string | number][] = [
    ...memory(resources),
    ...cpuTime(resources),
    ...(cpu?.cpus ? [['cpuset.cpus', cpu.cpus] as [string, string]] : []),
    ...(cpu?.mems ? [['cpuset.mems', cpu.mems] as [string, string]] : []),
  ];
  if (pids && pids.limit !== 0) writes.push(['pids.max', pids.limit > 0 ? pids.limit : 'max']);
  writes.push(...blockTraffic(blockIO ?? {}, parent));
  for (const [file, value] of Object.entries(unified)) {
    if (file.includes('/'))
      throw new EngineError('invalid', `unified resource "${file}" must be a file name (no slashes)`);
    writes.push([file, value]);
  }
  return [
    { op: 'deviceProgram', cgroup: directory, program: deviceProgram(deviceAccess(resources.devices)) },
    ...writes.map(
      ([file, value]): SetupStep => ({
        op: 'write',
        path: posix.join(directory, file),
        value: String(value),
        optional: false,
      }),
    ),
  ];
}

const orMax = (value: number) => (value === -1 ? 'max' : value);

function memory({ memory }: SpecResources): [string, string | number][] {
  if (!memory) return [];
  const { limit = 0, reservation = 0 } = memory;
  const swap = swapOf(memory.swap ?? 0, limit);
  const writes: [string, string | number][] = [];
  if (swap !== undefined) writes.push(['memory.swap.max', orMax(swap)]);
  if (limit !== 0) writes.push(['memory.max', orMax(limit)]);
  if (reservation !== 0) writes.push(['memory.low', orMax(reservation)]);
  return writes;
}

/** The spec's swap counts memory and swap together, v2's swap alone. Undefined leaves it as it is. */
function swapOf(swap: number, limit: number): number | undefined {
  if (swap === -1 || (limit === -1 && swap === 0)) return -1;
  if (swap === 0) return undefined;
  if (limit === 0 || limit === -1) {
    throw new EngineError('invalid', 'unable to set swap limit without memory limit');
  }
  if (swap < limit) throw new EngineError('invalid', 'memory+swap limit should be >= memory limit');
  return swap - limit;
}

function cpuTime({ cpu }: SpecResources): [string, string | number][] {
  const writes: [string, string | number][] = [];
  const weight = cpuWeight(cpu?.shares ?? 0);
  if (weight !== 0) writes.push(['cpu.weight', weight]);
  const { quota = 0, period = 0 } = cpu ?? {};
  if (quota !== 0 || period !== 0) writes.push(['cpu.max', `${quota > 0 ? quota : 'max'} ${period || 100_000}`]);
  return writes;
}

/**
 * cpu.weight (1 to 10000) for v1 shares (2 to 262144), on the curve that runc follows since 1.3.2, which maps the default of
 * one to that of the other (1024 to 100). 0 stays 0: unset.
 */
export function cpuWeight(shares: number): number {
  if (shares === 0) return 0;
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

const throttles = [
  ['throttleReadBpsDevice', 'rbps'],
  ['throttleWriteBpsDevice', 'wbps'],
  ['throttleReadIOPSDevice', 'riops'],
  ['throttleWriteIOPSDevice', 'wiops'],
] as const;

function blockTraffic(blockIO: SpecBlockIO, parent: CgroupParent): [string, string | number][] {
  const { weight, weightDevice = [] } = blockIO;
  // Of one device io.weight is refused where its costs are not modelled, which is nearly everywhere: runc leaves it out, too.
  const ofDevices = parent.blkioWeight === 'io.bfq.weight' ? weightDevice : [];
  return [
    ...(weight ? [ioWeight(weight, parent)] : []),
    ...ofDevices.map(({ major, minor, weight }): [string, string] => ['io.bfq.weight', `${major}:${minor} ${weight}`]),
    ...throttles.flatMap(([field, name]) =>
      (blockIO[field] ?? []).map(({ major, minor, rate }): [string, string] => [
        'io.max',
        `${major}:${minor} ${name}=${rate || 'max'}`,
      ]),
    ),
  ];
}

function ioWeight(weight: number, parent: CgroupParent): [string, string | number] {
  if (parent.blkioWeight === 'io.bfq.weight') return ['io.bfq.weight', weight];
  // 10 to 1000 becomes 1 to 10000.
  return ['io.weight', `default ${Math.floor(1 + ((weight - 10) * 9999) / 990)}`];
}
