import { expect, test } from 'bun:test';
import type { SpecDeviceRule, SpecResources } from '../../../oci/index.ts';
import type { Step } from '../../plan/steps.ts';
import { hybrid, inputOf, specOf, unified } from '../fixture.ts';
import { compileLaunch } from '../index.ts';
import { deviceAccess, deviceRuleText } from './device-access.ts';
import { deviceProgram } from './device-program.ts';
import { compileLimitsV2, cpuWeight } from './limits-v2.ts';

const plan = (resources: Partial<SpecResources>, cgroups = hybrid, mounts: string[] = []): Step[] => {
  const mount = mounts.map((options) => ({
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: options.split(','),
  }));
  const spec = specOf({ resources: { devices: [], ...resources } }, { mounts: mount });
  return compileLaunch(inputOf(spec, { cgroups }));
};
/** The writes as `controller/file=value`, without those every container has. */
const writes = (resources: Partial<SpecResources>, cgroups = hybrid): string[] =>
  plan(resources, cgroups)
    .flatMap((step) =>
      step.op === 'write' ? [`${step.path.replace('/cg/', '').replace('tug/a/', '')}=${step.value}`] : [],
    )
    .filter((text) => !text.startsWith('devices/') && !text.startsWith('cpuset/cpuset.'));
const G = 1 << 30;

test('v1: memory before memory+swap, unless that is freed first', () => {
  const limit = `memory/memory.limit_in_bytes=${G}`;
  expect(writes({ memory: { limit: G, swap: 2 * G } })).toEqual([limit, `memory/memory.memsw.limit_in_bytes=${2 * G}`]);
  expect(writes({ memory: { limit: G, swap: -1 } })).toEqual(['memory/memory.memsw.limit_in_bytes=-1', limit]);
  expect(writes({ memory: { limit: -1 } })).toEqual([
    'memory/memory.memsw.limit_in_bytes=-1',
    'memory/memory.limit_in_bytes=-1',
  ]);
  expect(writes({ memory: { reservation: 5, swappiness: 0, disableOOMKiller: true } })).toEqual([
    'memory/memory.soft_limit_in_bytes=5',
    'memory/memory.oom_control=1',
    'memory/memory.swappiness=0',
  ]);
  expect(() => writes({ memory: { swappiness: 101 } })).toThrow('0-100');
});

test('v1: cpu, pids, block I/O; what is 0 is not asked for', () => {
  expect(writes({ cpu: { shares: 512, quota: 50_000, period: 100_000 }, pids: { limit: 7 } })).toEqual([
    'cpu,cpuacct/cpu.shares=512',
    'cpu,cpuacct/cpu.cfs_period_us=100000',
    'cpu,cpuacct/cpu.cfs_quota_us=50000',
    'pids/pids.max=7',
  ]);
  expect(writes({ pids: { limit: -1 }, cpu: {}, memory: {}, blockIO: { weight: 0 } })).toEqual(['pids/pids.max=max']);
  expect(writes({ blockIO: { weight: 300 } })).toEqual(['blkio/blkio.weight=300']);
  expect(() => writes({ unified: { 'memory.max': '1' } })).toThrow('cannot use unified');
});

test('v1: a cpuset is filled from the parent before anybody joins, the asked-for CPUs go first', () => {
  const sets = plan({ cpu: { cpus: '1' } }).flatMap((step) =>
    step.op === 'write' && step.path.includes('/cpuset.') ? [step.value] : [],
  );
  expect(sets).toEqual(['1', '0']);
});

test('block devices: weights and rates, on v1 and v2', () => {
  const blockIO = {
    weightDevice: [{ major: 8, minor: 0, weight: 300 }],
    throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
    throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 0 }],
  };
  expect(writes({ blockIO })).toEqual([
    'blkio/blkio.weight_device=8:0 300',
    'blkio/blkio.throttle.read_bps_device=8:0 1',
    'blkio/blkio.throttle.write_iops_device=8:16 0',
  ]);
  // Of one device only bfq takes a weight there.
  expect(writes({ blockIO }, unified)).toEqual(['io.max=8:0 rbps=1', 'io.max=8:16 wiops=max']);
  const bfq = compileLimitsV2({ devices: [], blockIO }, '/cg/tug/a', { blkioWeight: 'io.bfq.weight' });
  expect(bfq).toContainEqual({ op: 'write', path: '/cg/tug/a/io.bfq.weight', value: '8:0 300', optional: false });
});

test('a limit of a controller that the machine lacks is refused', () => {
  const cgroups = {
    ...hybrid,
    directoryOf: (controller: string) => (controller === 'pids' ? undefined : `/cg/${controller}`),
  };
  expect(() => plan({ pids: { limit: 1 } }, cgroups)).toThrow('"pids" is not available');
});

const set = (resources: Partial<SpecResources>) => writes(resources, unified);

test('v2: swap without memory in it, weights, maxima', () => {
  expect(set({ memory: { limit: G, swap: 3 * G, reservation: 9 }, pids: { limit: -1 } })).toEqual([
    `memory.swap.max=${2 * G}`,
    `memory.max=${G}`,
    'memory.low=9',
    'pids.max=max',
  ]);
  expect(set({ memory: { limit: G, swap: -1 } })).toEqual(['memory.swap.max=max', `memory.max=${G}`]);
  expect(set({ cpu: { quota: 50_000 } })).toEqual(['cpu.max=50000 100000']);
  expect(set({ cpu: { period: 5000, quota: -1, cpus: '0', mems: '0' } })).toEqual([
    'cpu.max=max 5000',
    'cpuset.cpus=0',
    'cpuset.mems=0',
  ]);
  expect(set({ blockIO: { weight: 1000 } })).toEqual(['io.weight=default 10000']);
  expect(set({ unified: { 'memory.high': '5' } })).toEqual(['memory.high=5']);
  expect(() => set({ unified: { '../x': '5' } })).toThrow('no slashes');
  expect(() => set({ memory: { swap: 5 } })).toThrow('without memory limit');
  expect([0, 2, 1024, 262_144, 512, 2048].map(cpuWeight)).toEqual([0, 1, 100, 10_000, 59, 174]);
});

test('cgroup mounts: the container’s own directories on v1, with links for shared hierarchies; the filesystem on v2', () => {
  const steps = plan({}, hybrid, ['ro,nosuid']);
  const binds = steps.flatMap((step) => (step.op === 'bind' ? [`${step.source} ${step.target} ${step.set}`] : []));
  expect(binds.slice(0, 2)).toEqual([
    '/cg/cpu,cpuacct/tug/a /sys/fs/cgroup/cpu,cpuacct 3',
    '/cg/cpuset/tug/a /sys/fs/cgroup/cpuset 3',
  ]);
  expect(binds).toHaveLength(8);
  expect(steps).toContainEqual({ op: 'symlink', text: 'cpu,cpuacct', target: '/sys/fs/cgroup/cpu', replace: false });
  const mounted = plan({}, unified, ['ro,nosuid']).filter((step) => step.op === 'mount');
  expect(mounted).toMatchObject([{ type: 'cgroup2', target: '/sys/fs/cgroup', attributes: 3 }]);
});

const deny: SpecDeviceRule = { allow: false, access: 'rwm' };
const allow = (type: 'b' | 'c', major: number, minor: number, access = 'rwm') => ({
  allow: true,
  type,
  major,
  minor,
  access,
});
const texts = (...rules: SpecDeviceRule[]) => deviceAccess(rules).exceptions.map(deviceRuleText);

test('device rules: a ground and exceptions, accesses of one device together', () => {
  const base = texts(deny);
  expect(base).toEqual([
    'b *:* m',
    'c *:* m',
    ...[3, 5, 7, 8, 9].map((minor) => `c 1:${minor} rwm`),
    'c 5:0 rwm',
    'c 5:2 rwm',
    'c 10:200 rwm',
    'c 136:* rwm',
  ]);
  expect(texts(deny, allow('b', 8, 0, 'r'), allow('b', 8, 0, 'w')).filter((text) => !base.includes(text))).toEqual([
    'b 8:0 rw',
  ]);
  expect(texts(deny, allow('b', 8, 0), { ...allow('b', 8, 0, 'wm'), allow: false })).toContain('b 8:0 r');
  expect(deviceAccess([{ allow: true, access: 'rwm' }])).toEqual({ allowed: true, exceptions: [] });
  expect(() => texts(deny, allow('b', 8, -1), { ...allow('b', 8, 1), allow: false })).toThrow('punch a hole');
  expect(() => texts({ allow: true, type: 'c', access: 'x' })).toThrow('access mode');
});

/** Runs the instructions that deviceProgram uses, as the kernel would. */
function decide(program: Uint8Array, [type, access, major, minor]: [number, number, number, number]): number {
  const view = new DataView(program.buffer);
  const context = [((access << 16) | type) >>> 0, major, minor];
  const registers = Array.from({ length: 11 }, () => 0);
  for (let at = 0; at < program.length; at += 8) {
    const code = view.getUint8(at);
    const [to, from] = [view.getUint8(at + 1) & 15, view.getUint8(at + 1) >> 4];
    const [offset, constant] = [view.getInt16(at + 2, true), view.getInt32(at + 4, true)];
    const value = registers[to] as number;
    if (code === 0x95) return registers[0] as number;
    if (code === 0x61) registers[to] = context[offset / 4] as number;
    else if (code === 0xbf) registers[to] = registers[from] as number;
    else if (code === 0xb7) registers[to] = constant;
    else if (code === 0x57) registers[to] = value & constant;
    else if (code === 0x77) registers[to] = value >>> constant;
    else if (code === 0x15) at += value === constant ? offset * 8 : 0;
    else if (code === 0x55) at += value === constant ? 0 : offset * 8;
    else if (code === 0x5d) at += value === registers[from] ? 0 : offset * 8;
    else throw new Error(`unknown code ${code.toString(16)}`);
  }
  throw new Error('no answer');
}

function ask(rules: SpecDeviceRule[]) {
  const program = deviceProgram(deviceAccess(rules));
  return (...request: [type: number, access: number, major: number, minor: number]) => decide(program, request);
}

test('the program of v2 answers as the rules say', () => {
  const [block, character, m, r, w] = [1, 2, 1, 2, 4];
  const strict = ask([deny, allow('b', 8, 0, 'r')]);
  expect([strict(character, r | w, 1, 3), strict(character, r, 136, 99), strict(block, m, 77, 7)]).toEqual([1, 1, 1]);
  expect([strict(block, r, 8, 0), strict(block, r | w, 8, 0), strict(block, r, 8, 1)]).toEqual([1, 0, 0]);
  expect([strict(character, r, 8, 0), strict(block, r, 1, 3)]).toEqual([0, 0]);
  const open = ask([
    { allow: true, access: 'rwm' },
    { ...allow('b', 8, 0, 'w'), allow: false },
  ]);
  expect([open(block, r, 8, 0), open(block, r | w, 8, 0), open(block, w, 8, 1)]).toEqual([1, 0, 1]);
});
