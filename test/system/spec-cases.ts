import type { ContainerConfig, HostConfig } from '../../src/api/index.ts';

const seccomp = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: ['SCMP_ARCH_X86_64'],
  syscalls: [
    { name: 'mkdir', action: 'SCMP_ACT_ERRNO', errnoRet: 5, args: [] },
    { names: ['rmdir'], action: 'SCMP_ACT_ERRNO', includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['unlink'], action: 'SCMP_ACT_ERRNO', excludes: { minKernel: '4.8' } },
    { names: ['chmod'], action: 'SCMP_ACT_ERRNO', includes: { arches: ['amd64', 'arm64'], minKernel: '4.8' } },
  ],
});

const device = (PathOnHost: string, PathInContainer: string, CgroupPermissions: string) => ({
  PathOnHost,
  PathInContainer,
  CgroupPermissions,
});

/** Option sets whose specifications must be Docker's. `/tmp` is a bind source, since both engines have one. */
export const cases: Record<string, [ContainerConfig, HostConfig?]> = {
  plain: [{}],
  tty: [{ Tty: true, OpenStdin: true }, { ConsoleSize: [33, 99] }],
  privileged: [{}, { Privileged: true }],
  'privileged with devices': [
    {},
    { Privileged: true, Devices: [device('/dev/null', '/dev/nn', 'r'), device('/dev/zero', '/dev/zero', 'rwm')] },
  ],
  device: [{}, { Devices: [device('/dev/null', '/dev/x', 'rw'), device('/dev/stdin', '/dev/y', 'rwm')] }],
  'device rules': [{}, { DeviceCgroupRules: ['c 42:* rmw', 'b 8:0 r', 'a *:* rwm'] }],
  names: [{ Hostname: 'h', Domainname: 'd.e' }],
  'uts host': [{}, { UTSMode: 'host' }],
  'read-only': [
    { Volumes: { '/v': {} } },
    { ReadonlyRootfs: true, Binds: ['/tmp:/b'], Tmpfs: { '/t': 'size=5m,exec', '/u': '', '/run': 'rw,mode=700' } },
  ],
  env: [{ Env: ['HOME=', 'HOSTNAME', 'A=1', 'B', 'PATH=/bin:/x'] }],
  resources: [
    {},
    {
      Memory: 50 << 20,
      NanoCpus: 15e8,
      PidsLimit: 100,
      CpuShares: 512,
      CpusetCpus: '0',
      MemoryReservation: 20 << 20,
    },
  ],
  'other resources': [{}, { Memory: 50 << 20, MemorySwap: -1, CpuPeriod: 50000, CpuQuota: 20000, CpusetMems: '0' }],
  swap: [{}, { Memory: 50 << 20, MemorySwap: 60 << 20, CpuQuota: -1, PidsLimit: 0 }],
  'host namespaces': [{}, { IpcMode: 'host', PidMode: 'host' }],
  'no shared memory': [{}, { IpcMode: 'none' }],
  'shared memory': [{}, { ShmSize: 1 << 20, CgroupnsMode: 'private' }],
  binds: [{}, { Binds: ['/tmp:/b:ro', '/tmp:/c/d', '/tmp:/dev/shm', '/tmp:/z/../y:z'] }],
  mounts: [
    { Volumes: { '/v': {}, '/b': {} } },
    {
      Binds: ['/tmp:/b'],
      Mounts: [
        { Type: 'volume', Target: '/m', Source: 'spec-compared', ReadOnly: true },
        { Type: 'tmpfs', Target: '/n', TmpfsOptions: { SizeBytes: 5 << 20, Mode: 0o700, Options: [['exec']] } },
        { Type: 'bind', Source: '/tmp', Target: '/o', ReadOnly: true, BindOptions: { NonRecursive: true } },
        { Type: 'bind', Source: '/tmp', Target: '/p', ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true } },
        { Type: 'bind', Source: '/tmp', Target: '/q', ReadOnly: true, BindOptions: { Propagation: 'private' } },
      ],
    },
  ],
  'tmpfs on /dev/shm': [{}, { Tmpfs: { '/dev/shm': 'size=1m' } }],
  'one capability': [{}, { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], SecurityOpt: ['no-new-privileges'] }],
  'all but some': [{}, { CapAdd: ['ALL'], CapDrop: ['SYS_ADMIN', 'cap_mknod'] }],
  'more capabilities': [{}, { CapAdd: ['SYS_ADMIN', 'SYS_PTRACE'], CapDrop: ['CHOWN'] }],
  'many capabilities': [
    {},
    {
      CapAdd:
        'SYSLOG BPF PERFMON SYS_TIME SYS_NICE DAC_READ_SEARCH SYS_BOOT SYS_MODULE SYS_PACCT SYS_RAWIO SYS_TTY_CONFIG'.split(
          ' ',
        ),
    },
  ],
  'fewer capabilities': [{}, { CapDrop: ['SYS_CHROOT', 'KILL'] }],
  'no seccomp': [{}, { SecurityOpt: ['seccomp=unconfined'] }],
  'own seccomp': [{}, { SecurityOpt: [`seccomp=${seccomp}`] }],
  'own seccomp, privileged': [{}, { Privileged: true, SecurityOpt: [`seccomp=${seccomp}`] }],
  'empty seccomp': [{}, { SecurityOpt: ['seccomp={}'] }],
  'sysctls and limits': [
    {},
    {
      Sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.ping_group_range': '1 0', 'kernel.msgmax': '1000' },
      Ulimits: [
        { Name: 'nofile', Soft: 100, Hard: 200 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      OomScoreAdj: 5,
    },
  ],
  user: [{ User: 'alice' }, { GroupAdd: ['nobody', '99'] }],
  uid: [{ User: '1000' }],
  'unknown uid': [{ User: '1234' }],
  'user and group': [{ User: 'alice:extra' }, { GroupAdd: ['nobody'] }],
  'uid and gid': [{ User: '1234:5678' }],
  group: [{ User: ':2000' }],
  'network none': [{}, { NetworkMode: 'none' }],
  'network host': [{ Hostname: 'h' }, { NetworkMode: 'host' }],
  'network disabled': [{ NetworkDisabled: true }],
  unmasked: [{}, { MaskedPaths: [], ReadonlyPaths: ['/proc/sys'] }],
  'annotations and parent': [{}, { Annotations: { a: 'b' }, CgroupParent: '/spec-compared/../spec-compared' }],
  'writable cgroups': [{}, { SecurityOpt: ['writable-cgroups=true'], CgroupnsMode: 'private' }],
  'working directory': [{ WorkingDir: '/a/../x/y/' }],
  entrypoint: [{ Entrypoint: ['/bin/sh', '-c'], Cmd: ['sleep 100'] }],
};
