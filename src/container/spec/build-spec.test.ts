import { expect, test } from 'bun:test';
import type { HostConfig } from '../../api/index.ts';
import { facts, group, passwd, rootOf, specOf } from './fixture.ts';
import { mergeConfig } from './merge.ts';
import { execProcess } from './process/exec-process.ts';

const mountAt = (spec: ReturnType<typeof specOf>, at: string) =>
  spec.mounts.find(({ destination }) => destination === at);
const namespaces = (given: HostConfig, more = {}) =>
  specOf({}, given, more).linux.namespaces.map(({ type, path }) => (path ? `${type}=${path}` : type));

test('a plain container', () => {
  const spec = specOf({});
  expect(spec.process).toMatchObject({
    user: { uid: 0, gid: 0, additionalGids: [0, 29] },
    args: ['true'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOSTNAME=c0ffee', 'HOME=/root'],
    cwd: '/',
    oomScoreAdj: 0,
  });
  expect(spec.process.capabilities.bounding).toHaveLength(14);
  expect(spec.process.capabilities.inheritable).toEqual([]);
  expect(spec.hostname).toBe('c0ffee');
  expect(spec.linux.cgroupsPath).toBe('/tug/c0ffee');
  expect(spec.linux.namespaces.map(({ type }) => type)).toEqual(['mount', 'network', 'uts', 'pid', 'ipc']);
  expect(spec.linux.maskedPaths).toContain('/sys/devices/system/cpu/cpu0/thermal_throttle');
  expect(spec.linux.readonlyPaths).toHaveLength(5);
  expect(spec.linux.resources).toEqual({ devices: spec.linux.resources.devices });
  expect(spec.linux.resources.devices[0]).toEqual({ allow: false, access: 'rwm' });
  expect(spec.linux.sysctl).toEqual({
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
  });
  expect(spec.linux.seccomp?.defaultErrnoRet).toBe(1);
  expect(spec.mounts.map(({ destination }) => destination)).toEqual([
    '/proc',
    '/dev',
    '/dev/pts',
    '/sys',
    '/sys/fs/cgroup',
    '/dev/mqueue',
    '/dev/shm',
    '/etc/resolv.conf',
    '/etc/hostname',
    '/etc/hosts',
  ]);
});

test('a privileged one', () => {
  const spec = specOf({}, { Privileged: true });
  expect(spec.process.capabilities.effective).toEqual(facts.capabilities);
  expect([spec.linux.maskedPaths, spec.linux.readonlyPaths, spec.linux.seccomp]).toEqual([[], [], undefined]);
  expect(spec.linux.resources.devices).toEqual([{ allow: true, access: 'rwm' }]);
  expect(mountAt(spec, '/sys')?.options).not.toContain('ro');
  expect(mountAt(spec, '/sys/fs/cgroup')?.options).not.toContain('ro');
  expect(spec.linux.devices).toContainEqual({
    path: '/dev/null',
    type: 'c',
    major: 1,
    minor: 3,
    fileMode: 0o666,
    uid: 0,
    gid: 0,
  });
});

test('namespaces by mode', () => {
  expect(namespaces({ NetworkMode: 'host', PidMode: 'host', IpcMode: 'host', UTSMode: 'host' })).toEqual(['mount']);
  expect(namespaces({ CgroupnsMode: 'private' })).toContain('cgroup');
  const joined = { network: '/proc/7/ns/net', pid: '/proc/8/ns/pid' };
  expect(namespaces({ NetworkMode: 'container:a', PidMode: 'container:b' }, { joined })).toEqual([
    'mount',
    'network=/proc/7/ns/net',
    'uts',
    'pid=/proc/8/ns/pid',
    'ipc',
  ]);
  expect(() => namespaces({ NetworkMode: 'container:a' })).toThrow('no network namespace was given');
  expect(specOf({}, { UTSMode: 'host' }).hostname).toBeUndefined();
});

test('shared memory follows the ipc mode', () => {
  expect(mountAt(specOf({}, { ShmSize: 4096 }), '/dev/shm')?.options).toContain('size=4096');
  expect(mountAt(specOf({}, { IpcMode: 'none' }), '/dev/shm')).toBeUndefined();
  expect(mountAt(specOf({}, { IpcMode: 'host' }), '/dev/shm')?.source).toBe('/dev/shm');
  expect(mountAt(specOf({}, { IpcMode: 'shareable' }), '/dev/shm')?.type).toBe('tmpfs');
  const shared = specOf({}, { IpcMode: 'container:a' }, { shmPath: '/c/shm', joined: { ipc: '/proc/7/ns/ipc' } });
  expect(mountAt(shared, '/dev/shm')?.source).toBe('/c/shm');
});

test("the user's mounts replace the system's, parents first, and may be read-only", () => {
  const spec = specOf({}, { Binds: ['/tmp:/a/b:ro', '/tmp:/a', '/tmp:/etc/hosts', '/tmp:/dev/shm', 'data:/v'] });
  expect(spec.mounts.map(({ destination }) => destination).slice(-7)).toEqual([
    '/a',
    '/v',
    '/a/b',
    '/etc/hosts',
    '/dev/shm',
    '/etc/resolv.conf',
    '/etc/hostname',
  ]);
  expect(mountAt(spec, '/a/b')?.options).toEqual(['rbind', 'rro', 'rprivate']);
  expect(mountAt(spec, '/v')).toEqual({ destination: '/v', type: 'bind', source: '/volumes/data', options: ['rbind'] });
  expect(specOf({}, { Binds: ['/tmp:/dev'] }).mounts.some(({ destination }) => destination === '/dev/pts')).toBe(false);
  expect(specOf({}, { Binds: ['/tmp:/a:rslave'] }).linux.rootfsPropagation).toBe('rslave');
});

test('a read-only root', () => {
  const spec = specOf({}, { ReadonlyRootfs: true, Tmpfs: { '/run': 'size=1m,exec' }, Binds: ['/tmp:/a'] });
  expect(spec.root.readonly).toBe(true);
  expect(mountAt(spec, '/etc/hosts')?.options).toEqual(['rbind', 'rro', 'rprivate', 'ro'].slice(0, 3));
  expect(mountAt(spec, '/run')?.options).toEqual(['nosuid', 'nodev', 'rprivate', 'size=1m', 'exec']);
  expect(mountAt(spec, '/a')?.options).toEqual(['rbind', 'rprivate']);
  const privileged = specOf({}, { ReadonlyRootfs: true, Privileged: true });
  expect(mountAt(privileged, '/sys')?.options).not.toContain('ro');
  expect(() => specOf({}, { Tmpfs: { '/t': 'foo' } })).toThrow('invalid tmpfs option "foo"');
});

test('resources', () => {
  const given = {
    Memory: 50 << 20,
    NanoCpus: 15e8,
    PidsLimit: 100,
    CpuShares: 512,
    CpusetCpus: '0',
    MemorySwappiness: 5,
  };
  expect(specOf({}, given).linux.resources).toMatchObject({
    memory: { limit: 50 << 20, swap: 100 << 20, swappiness: 5 },
    cpu: { shares: 512, quota: 150_000, period: 100_000, cpus: '0' },
    pids: { limit: 100 },
  });
  expect(specOf({}, { Memory: 50 << 20, MemorySwap: -1 }).linux.resources.memory).toEqual({ limit: 50 << 20 });
});

test('a default gives way to what the user says of it, however that is spelled', () => {
  const { sysctl } = specOf({}, { Sysctls: { 'net/ipv4/ip_unprivileged_port_start': '80' } }).linux;
  expect(sysctl).toEqual({
    'net.ipv4.ping_group_range': '0 2147483647',
    'net/ipv4/ip_unprivileged_port_start': '80',
  });
});

test('limits, sysctls, groups, terminal, annotations, cgroup parent', () => {
  const spec = specOf(
    { Tty: true, User: 'alice', Domainname: 'd.e' },
    {
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: -1 }],
      Sysctls: { 'net.ipv4.ping_group_range': '1 0', 'kernel.msgmax': '1' },
      GroupAdd: ['99'],
      Annotations: { a: 'b' },
      CgroupParent: '/foo/../bar',
      SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
    },
    { size: [24, 80] },
  );
  expect(spec.process).toMatchObject({
    terminal: true,
    consoleSize: { height: 24, width: 80 },
    user: { uid: 1000, gid: 1000, additionalGids: [1000, 29, 44, 99] },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: -1 }],
    noNewPrivileges: true,
  });
  expect(spec.process.env).toContain('TERM=xterm');
  expect(spec.process.env).toContain('HOME=/home/alice');
  expect(spec.linux.sysctl?.['net.ipv4.ping_group_range']).toBe('1 0');
  expect(spec.linux.cgroupsPath).toBe('/bar/c0ffee');
  expect(spec.linux.seccomp).toBeUndefined();
  expect([spec.annotations, spec.domainname]).toEqual([{ a: 'b' }, 'd.e']);
});

test.each<[HostConfig, string]>([
  [{ Sysctls: { 'foo.bar': '1' } }, 'sysctl "foo.bar" is not in a separate kernel namespace'],
  [{ Sysctls: { 'net.a': '1' }, NetworkMode: 'host' }, 'sysctl "net.a" not allowed in host network namespace'],
  [
    { Sysctls: { 'kernel.sem': '1' }, IpcMode: 'host' },
    'sysctl "kernel.sem" is not allowed in the hosts ipc namespace',
  ],
  [{ Ulimits: [{ Name: 'foo', Soft: 1, Hard: 1 }] }, 'wrong rlimit value: RLIMIT_FOO'],
  [{ DeviceCgroupRules: ['c 1:3 rwx'] }, "invalid device cgroup rule format: 'c 1:3 rwx'"],
  [
    { Devices: [{ PathOnHost: '/dev/nope', PathInContainer: '/dev/x' }] },
    'error gathering device information while adding custom device "/dev/nope": no such file or directory',
  ],
  [
    { Devices: [{ PathOnHost: '/etc/passwd', PathInContainer: '/dev/x' }] },
    'error gathering device information while adding custom device "/etc/passwd": not a device node',
  ],
  [
    { DeviceRequests: [{ Driver: 'nvidia', Count: 1, Capabilities: [['gpu']] }] },
    'could not select device driver "nvidia" with capabilities: [[gpu]]',
  ],
  [{ BlkioDeviceReadBps: [{ Path: '/dev/nosuch', Rate: 1 }] }, 'stat /dev/nosuch: no such file or directory'],
  [{ Init: true }, 'exec: "docker-init": executable file not found in $PATH'],
])('%o is refused at the start', (given, words) => {
  expect(() => specOf({}, given)).toThrow(words);
});

test('--init puts its program before the container’s, in a pid namespace of its own', () => {
  const withInit = { facts: { ...facts, initPath: '/usr/bin/docker-init' } };
  const spec = specOf({}, { Init: true }, withInit);
  expect(spec.process.args).toEqual(['/sbin/docker-init', '--', 'true']);
  expect(mountAt(spec, '/sbin/docker-init')?.source).toBe('/usr/bin/docker-init');
  expect(specOf({}, { Init: true, PidMode: 'host' }, withInit).process.args).toEqual(['true']);
});

test('an exec has what the container has, unless it says otherwise', () => {
  const given = { GroupAdd: ['44'], SecurityOpt: ['no-new-privileges'], OomScoreAdj: 7 };
  const config = mergeConfig({ Cmd: ['x'], User: 'alice', Env: ['A=1', 'B=2'], WorkingDir: '/w', Hostname: 'h' });
  const request = {
    config,
    hostConfig: given,
    spec: specOf({ User: 'alice' }, given),
    readInRoot: rootOf({ '/etc/passwd': passwd, '/etc/group': group }),
    facts,
  };
  const plain = execProcess({ ...request, exec: { Cmd: ['id'] } });
  expect(plain).toMatchObject({ args: ['id'], cwd: '/w', noNewPrivileges: true, oomScoreAdj: 7 });
  expect(plain.user).toEqual({ uid: 1000, gid: 1000, additionalGids: [1000, 29, 44, 44] });
  expect(plain.env.slice(1)).toEqual(['HOSTNAME=h', 'A=1', 'B=2', 'HOME=/home/alice']);
  expect(plain.capabilities.bounding).toHaveLength(14);
  const other = execProcess({
    ...request,
    exec: { Cmd: ['id'], User: '0:29', Privileged: true, Tty: true, WorkingDir: '/', Env: ['A=3', 'B'] },
    size: [10, 20],
  });
  expect(other).toMatchObject({ cwd: '/', terminal: true, consoleSize: { height: 10, width: 20 } });
  expect(other.user).toEqual({ uid: 0, gid: 29, additionalGids: [29, 44] });
  expect(other.env.slice(1)).toEqual(['HOSTNAME=h', 'TERM=xterm', 'A=3', 'HOME=/root']);
  expect(other.capabilities.effective).toEqual(facts.capabilities);
  const refused = (exec: object) => () => execProcess({ ...request, exec });
  expect(refused({ Cmd: [] })).toThrow('No exec command specified');
  expect(refused({ Cmd: ['x'], WorkingDir: 'rel' })).toThrow('Cwd must be an absolute path');
  expect(refused({ Cmd: ['x'], Env: ['=x'] })).toThrow('invalid environment variable: name cannot be empty');
  expect(refused({ Cmd: ['x'], User: 'foo' })).toThrow('unable to find user foo: no matching entries in passwd file');
});

/** Without the seccomp profile: hundreds of rules that are resolved once. */
function build() {
  const { seccomp: _, ...linux } = specOf({}).linux;
  return { ...specOf({}), linux };
}

test('no two specifications share a list: what is done to one does not reach the next', () => {
  const empty = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const member of Object.values(value)) empty(member);
    if (Array.isArray(value)) value.length = 0;
  };
  const before = structuredClone(build());
  empty(build());
  expect(build()).toEqual(before);
});

const of = (Rate: number) => [{ Path: '/dev/null', Rate }];
const at = (rate: number) => [{ major: 1, minor: 3, rate }];

test('rates and weights of devices, real-time shares', () => {
  const given = {
    BlkioWeight: 20,
    BlkioWeightDevice: [{ Path: '/dev/zero', Weight: 30 }],
    BlkioDeviceReadBps: of(1),
    BlkioDeviceWriteBps: of(2),
    BlkioDeviceReadIOps: of(3),
    BlkioDeviceWriteIOps: of(4),
    CpuRealtimePeriod: 9,
    CpuRealtimeRuntime: 8,
  };
  const { blockIO, cpu } = specOf({}, given).linux.resources;
  expect(blockIO).toEqual({
    weight: 20,
    weightDevice: [{ major: 1, minor: 5, weight: 30 }],
    throttleReadBpsDevice: at(1),
    throttleWriteBpsDevice: at(2),
    throttleReadIOPSDevice: at(3),
    throttleWriteIOPSDevice: at(4),
  });
  expect(cpu).toEqual({ realtimePeriod: 9, realtimeRuntime: 8 });
});

test('SELinux labels: of processes and of mounts; one with all powers has none of its own, an exec has its container’s', () => {
  const labels = { process: 'u:r:t:s0:c1,c2', mount: 'u:o:f:s0:c1,c2' };
  const spec = specOf({}, {}, { labels });
  expect([spec.process.selinuxLabel, spec.linux.mountLabel]).toEqual(['u:r:t:s0:c1,c2', 'u:o:f:s0:c1,c2']);
  const powerful = specOf({}, { Privileged: true }, { labels });
  expect([powerful.process.selinuxLabel, powerful.linux.mountLabel]).toEqual([undefined, 'u:o:f:s0:c1,c2']);
  const config = mergeConfig({ Cmd: ['x'] });
  const exec = { Cmd: ['id'], Privileged: true };
  const readInRoot = rootOf({});
  expect(execProcess({ exec, config, hostConfig: {}, spec, readInRoot, facts }).selinuxLabel).toBe('u:r:t:s0:c1,c2');
  for (const empty of [undefined, { process: '', mount: '' }]) {
    const text = JSON.stringify(specOf({}, {}, empty && { labels: empty }));
    expect(text).not.toMatch(/selinuxLabel|mountLabel/);
  }
});
