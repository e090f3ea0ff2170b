import { expect, test } from 'bun:test';
import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { adaptHostConfig } from './adapt.ts';
import { facts } from './fixture.ts';
import { mergeConfig } from './merge.ts';
import { signalNumber, validate } from './validate.ts';

const check = (config: ContainerConfig, given: HostConfig, machine = facts): [string[], HostConfig] => {
  const hostConfig = adaptHostConfig(given, machine);
  return [validate(mergeConfig({ Cmd: ['x'], ...config }), hostConfig, machine), hostConfig];
};

test.each<[ContainerConfig, string]>([
  [{ WorkingDir: 'foo' }, "the working directory 'foo' is invalid, it needs to be an absolute path"],
  [{ Env: [''] }, 'invalid environment variable: '],
  [{ Env: ['=x'] }, 'invalid environment variable: =x'],
  [{ StopSignal: 'FOO' }, 'invalid signal: FOO'],
  [{ Healthcheck: { Interval: 5 } }, 'Interval in Healthcheck cannot be less than 1ms'],
  [{ Healthcheck: { StartInterval: -5 } }, 'StartInterval in Healthcheck cannot be less than 1ms'],
  [{ Healthcheck: { Retries: -1 } }, 'Retries in Healthcheck cannot be negative'],
])('configuration %o', (config, words) => {
  expect(() => check(config, {})).toThrow(words);
});

const MB = 1 << 20;
test.each<[HostConfig, string]>([
  [{ CapAdd: ['FOO'] }, 'invalid CapAdd: unknown capability: "CAP_FOO"'],
  [{ CapDrop: ['net_foo'] }, 'invalid CapDrop: unknown capability: "CAP_NET_FOO"'],
  [{ Memory: -1 }, 'Minimum memory limit allowed is 6MB'],
  [{ Memory: 6 * MB - 1 }, 'Minimum memory limit allowed is 6MB'],
  [{ Memory: 10 * MB, MemorySwap: 5 * MB }, 'Minimum memoryswap limit should be larger than memory limit, see usage'],
  [{ MemorySwap: 10 * MB }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ MemoryReservation: 1000 }, 'Minimum memory reservation allowed is 6MB'],
  [
    { MemoryReservation: 20 * MB, Memory: 10 * MB },
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [{ OomScoreAdj: 1001 }, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
  [{ NanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ NanoCpus: -1 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ NanoCpus: 1e9, CpuPeriod: 1000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ NanoCpus: 1e9, CpuQuota: 1000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ CpuPeriod: 999 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ CpuQuota: 999 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ CpuShares: -1 }, 'invalid CPU shares (-1): value must be a positive integer'],
  [{ CpuShares: 1 }, 'the minimum allowed cpu-shares is 2'],
  [{ CpusetCpus: '0-8' }, 'Requested CPUs are not available - requested 0-8, available: 0-1'],
  [{ CpusetCpus: 'a' }, 'Invalid value a for cpuset cpus: invalid format: a'],
  [{ CpusetCpus: '9999999' }, 'Invalid value 9999999 for cpuset cpus: value of out range, maximum is 8192'],
  [{ CpusetMems: 'x' }, 'Invalid value x for cpuset mems: invalid format: x'],
  [{ IpcMode: 'foo' }, 'invalid IPC mode: foo'],
  [{ UTSMode: 'container:x' }, 'invalid UTS mode: container:x'],
  [{ CgroupnsMode: 'foo' as 'host' }, 'invalid cgroup namespace mode: foo'],
  [{ NetworkMode: 'container:' }, 'invalid network mode: invalid container format container:<name|id>'],
  [{ Isolation: 'process' }, "invalid isolation (process): linux only supports 'default'"],
  [{ ShmSize: -1 }, 'SHM size can not be less than 0'],
  [{ Runtime: 'foo' }, 'unknown or invalid runtime name: foo'],
  [{ Annotations: { '': 'x' } }, 'invalid Annotations: the empty string is not permitted as an annotation key'],
  [{ ExtraHosts: ['foo'] }, 'bad format for add-host: "foo"'],
  [{ ExtraHosts: ['a:b'] }, 'invalid IP address in add-host: "b"'],
  [{ Tmpfs: { b: '' } }, "invalid mount path: 'b' mount path must be absolute"],
  [{ Tmpfs: { '/': '' } }, "invalid specification: destination can't be '/'"],
  [{ SecurityOpt: ['foo'] }, 'invalid --security-opt 1: "foo"'],
  [{ SecurityOpt: ['foo=bar'] }, 'invalid --security-opt 2: "foo=bar"'],
  [{ SecurityOpt: ['no-new-privileges=x'] }, 'invalid --security-opt 2: "no-new-privileges=x"'],
  [{ SecurityOpt: ['systempaths=unconfined'] }, 'invalid --security-opt 2: "systempaths=unconfined"'],
  [{ SecurityOpt: ['apparmor=x'] }, 'AppArmor is not enabled on this host'],
  [
    { RestartPolicy: { Name: 'foo' as 'no' } },
    "invalid restart policy: unknown policy 'foo'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
  ],
  [
    { RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } },
    "invalid restart policy: maximum retry count can only be used with 'on-failure'",
  ],
  [
    { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -3 } },
    'invalid restart policy: maximum retry count cannot be negative',
  ],
  [{ RestartPolicy: { Name: 'always' }, AutoRemove: true }, "can't create 'AutoRemove' container with restart policy"],
  [
    { CpuRealtimePeriod: 10, CpuRealtimeRuntime: 11 },
    'cpu real-time runtime cannot be higher than cpu real-time period',
  ],
  [{ IOMaximumIOps: 1 }, 'QoS maximum IOPs configuration is not supported on linux'],
  [{ StorageOpt: { foo: '1' } }, 'Unknown option foo'],
  [
    { Sysctls: { 'net.ipv4.conf.eth0.mtu': '1' } },
    'interface specific sysctl setting "net.ipv4.conf.eth0.mtu" must be supplied using driver option',
  ],
])('host configuration %o', (given, words) => {
  expect(() => check({}, given)).toThrow(words);
});

test('what the kernel cannot limit is discarded with a warning', () => {
  const [warnings, hostConfig] = check({}, { Memory: 10 * MB, PidsLimit: 5 }, { ...facts, controllers: [] });
  expect(warnings).toEqual([
    'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
    'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
  ]);
  expect([hostConfig.Memory, hostConfig.MemorySwap, hostConfig.PidsLimit]).toEqual([0, -1, 0]);
  const [cpu, without] = check({}, { CpuShares: 5, CpuQuota: 5000, CpusetCpus: '0' }, { ...facts, controllers: [] });
  expect(cpu).toEqual([
    'Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.',
    'Your kernel does not support CPU CFS scheduler or the cgroup is not mounted. Quota discarded.',
    'Your kernel does not support cpuset or the cgroup is not mounted. CPUset discarded.',
  ]);
  expect([without.CpuShares, without.CpuQuota, without.CpusetCpus]).toEqual([0, 0, '']);
  expect(() => check({}, { NanoCpus: 1e9 }, { ...facts, controllers: [] })).toThrow('NanoCPUs can not be set');
  const [second] = check({}, { OomKillDisable: true });
  expect(second[0]).toStartWith('OOM killer is disabled for the container, but no memory limit is set');
  const [third, unified] = check({}, { OomKillDisable: true, MemorySwappiness: 5 }, { ...facts, cgroupVersion: 2 });
  expect(third).toHaveLength(2);
  expect(unified.OomKillDisable).toBe(false);
});

test('of version 2 shares are bent to weights, so none is too small or too large', () => {
  for (const CpuShares of [1, 300_000]) {
    expect(check({}, { CpuShares }, { ...facts, cgroupVersion: 2 })[1].CpuShares).toBe(CpuShares);
  }
});

test('defaults are what Docker shows', () => {
  const [warnings, hostConfig] = check({}, { Memory: 10 * MB, MemorySwappiness: -1, PidsLimit: 0, IpcMode: '' });
  expect(warnings).toEqual([]);
  expect(hostConfig as unknown).toMatchObject({
    MemorySwap: 20 * MB,
    MemorySwappiness: null,
    PidsLimit: null,
    ShmSize: 64 * MB,
    IpcMode: 'private',
    CgroupnsMode: 'host',
    NetworkMode: 'bridge',
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    LogConfig: { Type: 'json-file', Config: {} },
    SecurityOpt: null,
    Binds: null,
  });
  expect(adaptHostConfig({ Privileged: true }, facts)).toMatchObject({ SecurityOpt: ['label=disable'] });
  const own = (SecurityOpt: string[]) => adaptHostConfig({ Privileged: true, SecurityOpt }, facts).SecurityOpt;
  expect(own(['label=type:t'])).toEqual(['label=type:t']);
  expect(own(['label:type:t'])).toEqual(['label:type:t', 'label=disable']);
});

test('a cgroup namespace: by version, by the engine’s default, and of version 1 never a private one for who is privileged', () => {
  const mode = (user: HostConfig, cgroupVersion: 1 | 2, cgroupnsMode?: 'private' | 'host') =>
    adaptHostConfig(user, { ...facts, cgroupVersion, defaults: { ...(cgroupnsMode && { cgroupnsMode }) } })
      .CgroupnsMode;
  expect([mode({}, 1), mode({}, 2), mode({}, 1, 'private'), mode({}, 2, 'host')]).toEqual([
    'host',
    'private',
    'private',
    'host',
  ]);
  expect(mode({ Privileged: true }, 1, 'private')).toBe('host');
  expect(mode({ Privileged: true }, 2)).toBe('private');
  expect(mode({ Privileged: true, CgroupnsMode: 'private' }, 1)).toBe('private');
});

test('signals by name and number', () => {
  expect(['9', 'KILL', 'sigterm', 'SIGRTMIN+3', 'RTMAX-1'].map(signalNumber)).toEqual([9, 9, 15, 37, 63]);
  expect(['0', '65', 'FOO', '', 'RTMIN+31', '-1'].map(signalNumber)).toEqual(Array(6).fill(undefined));
});
