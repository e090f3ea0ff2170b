import { existsSync } from 'node:fs';
import type { ContainerConfig, HostConfig } from '../../src/api/index.ts';
import { resourceSets } from './option-sets-resources.ts';
import { seccompSets } from './option-sets-seccomp.ts';

/** What a container may be asked for, in Docker's terms. `only` one of the comparisons has a use for some. */
export interface OptionSet {
  config?: ContainerConfig;
  host?: HostConfig;
  only?: 'specification' | 'inside';
}

const device = (PathOnHost: string, PathInContainer: string, CgroupPermissions: string) => ({
  PathOnHost,
  PathInContainer,
  CgroupPermissions,
});
const binds = (...Binds: string[]): OptionSet => ({ host: { Binds } });
const caps = (CapAdd: string[], CapDrop: string[] = []): OptionSet => ({ host: { CapAdd, CapDrop } });
const security = (...SecurityOpt: string[]): OptionSet => ({ host: { SecurityOpt } });

const identity: Record<string, OptionSet> = {
  plain: {},
  'user by id': { config: { User: '1000:1000' } },
  'user alone by id': { config: { User: '1000' } },
  'user by name': { config: { User: 'alice' }, host: { GroupAdd: ['nobody', '99'] } },
  'unknown user by id': { config: { User: '1234' } },
  'unknown user and group by id': { config: { User: '1234:5678' } },
  'user and group by name': { config: { User: 'alice:extra' }, host: { GroupAdd: ['nobody'] } },
  'group alone': { config: { User: ':2000' } },
  'groups by name and number': { host: { GroupAdd: ['extra', 'alice', '4711'] } },
  'names of host and domain': { config: { Hostname: 'a-name', Domainname: 'example.org' } },
  environment: { config: { Env: ['HOME=', 'HOSTNAME', 'A=1', 'B', 'PATH=/bin:/x'] } },
  'odd environment': { config: { Env: ['A=two words', 'EMPTY=', 'HOME=/tmp', 'Ü=ü', 'E=a=b', 'Q=\'"'] } },
  'working directory that is made': { config: { WorkingDir: '/a/../x/y/' } },
  'working directory of a user': { config: { WorkingDir: '/tmp', User: '1000:1000' } },
  tty: { config: { Tty: true, OpenStdin: true }, host: { ConsoleSize: [33, 99] } },
  'tty of a user': { config: { Tty: true, User: '1000:1000' } },
  annotations: { host: { Annotations: { a: 'b', 'io.example/x': '' } } },
  entrypoint: { config: { Entrypoint: ['/bin/sh', '-c'], Cmd: ['sleep 100'] }, only: 'specification' },
  'cgroup parent': { host: { CgroupParent: '/spec-compared/../spec-compared' }, only: 'specification' },
  'cgroup parent like a slice': { host: { CgroupParent: 'spec-compared.slice' }, only: 'specification' },
};

const powers: Record<string, OptionSet> = {
  privileged: { host: { Privileged: true } },
  'privileged with devices': {
    host: { Privileged: true, Devices: [device('/dev/null', '/dev/nn', 'r'), device('/dev/zero', '/dev/zero', 'rwm')] },
  },
  'privileged, read-only root': { host: { Privileged: true, ReadonlyRootfs: true } },
  'privileged user with a terminal': { config: { User: '1000', Tty: true }, host: { Privileged: true } },
  'privileged, own cgroup namespace': { host: { Privileged: true, CgroupnsMode: 'private' } },
  'privileged with namespaces of the host': {
    host: { Privileged: true, PidMode: 'host', IpcMode: 'host', UTSMode: 'host', NetworkMode: 'host' },
  },
  'capabilities added': caps(['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE']),
  'capabilities added and dropped': caps(['SYS_ADMIN', 'SYS_PTRACE'], ['CHOWN']),
  'all capabilities dropped': caps([], ['ALL']),
  'all dropped but two': caps(['NET_BIND_SERVICE', 'CHOWN'], ['ALL']),
  'all capabilities': caps(['ALL']),
  'all but some': caps(['ALL'], ['SYS_ADMIN', 'cap_mknod']),
  'many capabilities': caps(
    'SYSLOG BPF PERFMON SYS_TIME SYS_NICE DAC_READ_SEARCH SYS_BOOT SYS_MODULE SYS_PACCT SYS_RAWIO SYS_TTY_CONFIG'.split(
      ' ',
    ),
  ),
  'some capabilities dropped': caps([], ['SYS_CHROOT', 'KILL']),
  'a user with a capability': { config: { User: '1000' }, host: { CapAdd: ['NET_ADMIN'] } },
  'one capability, no new privileges': {
    host: { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], SecurityOpt: ['no-new-privileges'] },
  },
  'no new privileges': security('no-new-privileges'),
  'no new privileges of a user': { config: { User: '1000' }, ...security('no-new-privileges:true') },
  'new privileges after all': security('no-new-privileges=false'),
  'labels without SELinux': security('label=type:some_t', 'label=level:s0'),
  'writable cgroups': { host: { SecurityOpt: ['writable-cgroups=true'], CgroupnsMode: 'private' } },
  hardened: {
    config: { User: '1000:1000' },
    host: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Tmpfs: { '/tmp': 'size=1m,noexec' },
      PidsLimit: 64,
      Memory: 64 << 20,
    },
  },
};

const namespaces: Record<string, OptionSet> = {
  'network of its own': { host: { NetworkMode: 'none' } },
  'network of the host': { config: { Hostname: 'h' }, host: { NetworkMode: 'host' } },
  'network disabled': { config: { NetworkDisabled: true } },
  'pids of the host': { host: { PidMode: 'host' } },
  'ipc of the host': { host: { IpcMode: 'host' } },
  'uts of the host': { host: { UTSMode: 'host' } },
  'pids and ipc of the host': { host: { IpcMode: 'host', PidMode: 'host' } },
  'all of the host': { host: { PidMode: 'host', IpcMode: 'host', UTSMode: 'host', NetworkMode: 'host' } },
  'users of the host': { host: { UsernsMode: 'host' } },
  'own cgroup namespace': { host: { CgroupnsMode: 'private' } },
  'cgroup namespace of the host': { host: { CgroupnsMode: 'host' } },
  'ipc that others may join': { host: { IpcMode: 'shareable' } },
  'ipc that others may join, with little memory': { host: { IpcMode: 'shareable', ShmSize: 2 << 20 } },
  'no shared memory': { host: { IpcMode: 'none' } },
  'shared memory of a size': { host: { ShmSize: 1 << 20, CgroupnsMode: 'private' } },
  'sysctls of ipc': {
    host: { Sysctls: { 'kernel.msgmax': '4096', 'kernel.shm_rmid_forced': '1', 'fs.mqueue.msg_max': '20' } },
  },
  'sysctls of the network': {
    host: {
      Sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.ping_group_range': '1 0', 'net.ipv4.conf.all.rp_filter': '2' },
    },
  },
  'sysctls with slashes, a domain': {
    host: {
      Sysctls: { 'kernel/sem': '10 20 30 40', 'net/ipv4/conf/all/rp_filter': '2', 'kernel.domainname': 'd' },
    },
  },
};

const files: Record<string, OptionSet> = {
  'read-only root': { host: { ReadonlyRootfs: true, Tmpfs: { '/tmp': '' } } },
  'read-only root, mounts of every kind': {
    config: { Volumes: { '/v': {} } },
    host: {
      ReadonlyRootfs: true,
      Binds: ['/tmp:/b'],
      Tmpfs: { '/t': 'size=5m,exec', '/u': '', '/run': 'rw,mode=700' },
    },
  },
  tmpfs: { host: { Tmpfs: { '/scratch': 'size=1m,mode=700,uid=5', '/var': 'ro,exec,mode=755', '/tmp': '' } } },
  'tmpfs with everything allowed': { host: { Tmpfs: { '/scratch': 'exec,suid,dev,nr_inodes=100,gid=7,mode=1777' } } },
  'tmpfs on /dev/shm': { host: { Tmpfs: { '/dev/shm': 'size=1m' } } },
  binds: binds('/tmp:/b:ro', '/tmp:/c/d', '/tmp:/dev/shm', '/tmp:/z/../y:z'),
  'a bind of a file': binds('/etc/hostname:/etc/issue:ro', '/etc/hostname:/new/file'),
  mounts: {
    config: { Volumes: { '/v': {}, '/b': {} } },
    host: {
      Binds: ['/tmp:/b'],
      Mounts: [
        { Type: 'volume', Target: '/m', Source: 'spec-compared', ReadOnly: true },
        { Type: 'tmpfs', Target: '/n', TmpfsOptions: { SizeBytes: 5 << 20, Mode: 0o700, Options: [['exec']] } },
        { Type: 'bind', Source: '/tmp', Target: '/o', ReadOnly: true, BindOptions: { NonRecursive: true } },
        { Type: 'bind', Source: '/tmp', Target: '/p', ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true } },
        { Type: 'bind', Source: '/tmp', Target: '/q', ReadOnly: true, BindOptions: { Propagation: 'private' } },
      ],
    },
  },
  'no masked, no read-only paths': { host: { MaskedPaths: [], ReadonlyPaths: [] } },
  'no masked paths, one read-only': { host: { MaskedPaths: [], ReadonlyPaths: ['/proc/sys'] } },
  'masked paths of its own': {
    host: { MaskedPaths: ['/proc/meminfo', '/home', '/none'], ReadonlyPaths: ['/tmp', '/nowhere'] },
  },
  'a device under another name': { host: { Devices: [device('/dev/null', '/dev/x', 'rw')] } },
  'a device behind a link': { host: { Devices: [device('/dev/stdin', '/dev/y', 'rwm')] }, only: 'specification' },
  'a device below a directory, rules': {
    host: { Devices: [device('/dev/fuse', '/dev/sub/fuse', 'rw')], DeviceCgroupRules: ['b 254:* r', 'c 1:3 m'] },
  },
  'a directory of devices': {
    host: { Devices: existsSync('/dev/net') ? [device('/dev/net', '/dev/net', 'rwm')] : [] },
  },
  'device rules': { host: { DeviceCgroupRules: ['c 42:* rmw', 'b 8:0 r', 'a *:* rwm'] } },
};

export const optionSets: Record<string, OptionSet> = {
  ...identity,
  ...powers,
  ...namespaces,
  ...files,
  ...resourceSets,
  ...seccompSets,
};
