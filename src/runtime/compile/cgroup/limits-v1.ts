import { posix } from 'node:path';
import type { CgroupParent } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { SpecResources } from '../../../oci/index.ts';
import type { SetupStep } from '../../plan/steps.ts';
import { deviceAccess, deviceRuleText } from './device-access.ts';

type Write = Extract<SetupStep, { op: 'write' }>;
/** Writes to control files of one cgroup; asking for a limit of a controller that the machine lacks is an error. */
type Writer = (controller: string, file: string, value: string | number) => Write;

/** The limits as writes, in the order in which the kernel accepts them on a cgroup that is new. */
export function compileLimitsV1(
  resources: SpecResources,
  directoryOf: (controller: string) => string | undefined,
  parent: CgroupParent,
): SetupStep[] {
  const write: Writer = (controller, file, value) => {
    const directory = directoryOf(controller);
    if (directory === undefined) {
      throw new EngineError(
        'unsupported',
        `the cgroup controller "${controller}" is not available: cannot set ${file}`,
      );
    }
    return { op: 'write', path: posix.join(directory, file), value: String(value), optional: false };
  };
  if (resources.unified && Object.keys(resources.unified).length > 0) {
    throw new EngineError('invalid', 'invalid configuration: cannot use unified on cgroup v1');
  }
  return [
    ...(directoryOf('cpuset') ? cpuset(resources, parent, write) : refuseCpuset(resources, write)),
    ...(directoryOf('devices') ? devices(resources, write) : []),
    ...memory(resources, write),
    ...cpu(resources, write),
    ...pids(resources, write),
    ...blockIO(resources, parent, write),
  ];
}

// A new v1 cpuset has neither CPUs nor memory nodes, and no process may join it before it does.
function cpuset({ cpu }: SpecResources, parent: CgroupParent, write: Writer): Write[] {
  return [
    write('cpuset', 'cpuset.cpus', cpu?.cpus || (parent.cpuset?.cpus ?? '')),
    write('cpuset', 'cpuset.mems', cpu?.mems || (parent.cpuset?.mems ?? '')),
  ];
}

function refuseCpuset({ cpu }: SpecResources, write: Writer): Write[] {
  return cpu?.cpus || cpu?.mems ? [write('cpuset', 'cpuset.cpus', cpu.cpus ?? '')] : [];
}

// A new cgroup has its parent's rules, so the first write sets the ground, the others the exceptions.
function devices({ devices }: SpecResources, write: Writer): Write[] {
  const { allowed, exceptions } = deviceAccess(devices);
  const ground = write('devices', allowed ? 'devices.allow' : 'devices.deny', 'a');
  const file = allowed ? 'devices.deny' : 'devices.allow';
  return [ground, ...exceptions.map((rule) => write('devices', file, deviceRuleText(rule)))];
}

function memory({ memory }: SpecResources, write: Writer): Write[] {
  if (!memory) return [];
  const { limit = 0, reservation = 0, swappiness } = memory;
  // Unlimited memory with an unset swap means unlimited swap, else the old swap limit would refuse it.
  const swap = limit === -1 && !memory.swap ? -1 : (memory.swap ?? 0);
  const steps: Write[] = [];
  const setLimit = () => limit !== 0 && steps.push(write('memory', 'memory.limit_in_bytes', limit));
  // memory + swap may never be below memory: on a new cgroup both are unlimited, so memory comes first, unless it is freed first.
  if (swap === -1) steps.push(write('memory', 'memory.memsw.limit_in_bytes', -1));
  setLimit();
  if (swap !== 0 && swap !== -1) steps.push(write('memory', 'memory.memsw.limit_in_bytes', swap));
  if (reservation !== 0) steps.push(write('memory', 'memory.soft_limit_in_bytes', reservation));
  if (memory.kernelTCP) steps.push(write('memory', 'memory.kmem.tcp.limit_in_bytes', memory.kernelTCP));
  if (memory.disableOOMKiller) steps.push(write('memory', 'memory.oom_control', 1));
  if (swappiness !== undefined && swappiness !== -1) {
    if (swappiness < 0 || swappiness > 100) {
      throw new EngineError('invalid', `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`);
    }
    steps.push(write('memory', 'memory.swappiness', swappiness));
  }
  return steps;
}

function cpu({ cpu }: SpecResources, write: Writer): Write[] {
  const steps: Write[] = [];
  const set = (file: string, value: number | undefined) => value && steps.push(write('cpu', file, value));
  set('cpu.rt_period_us', cpu?.realtimePeriod);
  set('cpu.rt_runtime_us', cpu?.realtimeRuntime);
  set('cpu.shares', cpu?.shares);
  set('cpu.cfs_period_us', cpu?.period);
  set('cpu.cfs_quota_us', cpu?.quota);
  return steps;
}

function pids({ pids }: SpecResources, write: Writer): Write[] {
  if (!pids || pids.limit === 0) return [];
  return [write('pids', 'pids.max', pids.limit > 0 ? pids.limit : 'max')];
}

function blockIO({ blockIO }: SpecResources, parent: CgroupParent, write: Writer): Write[] {
  if (!blockIO) return [];
  const { weight, weightDevice = [] } = blockIO;
  // Where the machine has no such file, `blkio.weight` makes the failure name what was asked for.
  const file = parent.blkioWeight ?? 'blkio.weight';
  return [
    ...(weight ? [write('blkio', file, weight)] : []),
    ...weightDevice.map(({ major, minor, weight }) => write('blkio', `${file}_device`, `${major}:${minor} ${weight}`)),
    ...throttles.flatMap(([field, name]) =>
      (blockIO[field] ?? []).map(({ major, minor, rate }) =>
        write('blkio', `blkio.throttle.${name}_device`, `${major}:${minor} ${rate}`),
      ),
    ),
  ];
}

const throttles = [
  ['throttleReadBpsDevice', 'read_bps'],
  ['throttleWriteBpsDevice', 'write_bps'],
  ['throttleReadIOPSDevice', 'read_iops'],
  ['throttleWriteIOPSDevice', 'write_iops'],
] as const;
