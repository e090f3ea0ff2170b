// Differential: what a container sees of its confinement under the native runtime and under runc, for the same specification.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ExecConfig } from '../../src/api/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { differences } from './confinement-normalise.ts';
import { createBench, type Options, type SideName } from './confinement-run.ts';

/** Where Debian 12's runc (1.1.5) is known to differ from the runc of Docker 28, which is what counts. */
const knownEverywhere = [
  // It gives a tmpfs the mode of the directory below it even where another is asked for.
  /^directories [-+] \/sys\/fs\/cgroup directory (755|555) 0:0$/,
];

type Set = Options & {
  /** Binds; they get the directory of shared files. */
  binds?: ((directory: string) => string)[];
  known?: RegExp[];
};

let bench: Awaited<ReturnType<typeof createBench>>;
let failed = false;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(async () => {
  if (failed) process.stderr.write(`captures are in ${bench.directory}\n`);
  expect(await bench.dispose({ keepCaptures: failed })).toEqual([]);
}, 60_000);

async function compare(name: string, tug: Options, runc: Options = tug): Promise<string[]> {
  const [ours, theirs] = await Promise.all([bench.capture(name, 'tug', tug), bench.capture(name, 'runc', runc)]);
  return judge(ours, theirs);
}

function judge(ours: string, theirs: string): string[] {
  for (const capture of [ours, theirs]) expect(capture).toEndWith('\n== end');
  return differences(ours, theirs).filter((line) => !knownEverywhere.some((pattern) => pattern.test(line)));
}

const bind = (source: string, target: string, mode: string) => (directory: string) =>
  `${directory}/shared/${source}:${target}:${mode}`;
const profile = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
  syscalls: [
    { names: ['mknod', 'mknodat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
    {
      names: ['chown', 'lchown', 'fchownat'],
      action: 'SCMP_ACT_ERRNO',
      args: [{ index: 1, value: 5, op: 'SCMP_CMP_EQ' }],
    },
  ],
});

/** Option sets as Docker's HostConfig and Config have them. */
const sets: Record<string, Set> = {
  default: {},
  privileged: { host: { Privileged: true } },
  'capabilities added': { host: { CapAdd: ['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE'] } },
  'all capabilities dropped': { host: { CapDrop: ['ALL'] } },
  'capabilities dropped and added': { host: { CapDrop: ['ALL'], CapAdd: ['NET_BIND_SERVICE', 'CHOWN'] } },
  'read-only root': { host: { ReadonlyRootfs: true, Tmpfs: { '/tmp': '' } } },
  'user by id': { config: { User: '1000:1000' } },
  'user by name, groups': { config: { User: 'alice' }, host: { GroupAdd: ['4711'] } },
  'user with a capability': { config: { User: '1000' }, host: { CapAdd: ['NET_ADMIN'] } },
  tty: { config: { Tty: true } },
  'tty of a user': { config: { Tty: true, User: '1000:1000' } },
  'host network': { host: { NetworkMode: 'host' } },
  'memory, cpu and pids limits': {
    host: {
      Memory: 64 << 20,
      MemoryReservation: 32 << 20,
      CpuShares: 512,
      CpuPeriod: 50_000,
      CpuQuota: 25_000,
      PidsLimit: 50,
    },
  },
  'memory without swap': { host: { Memory: 64 << 20, MemorySwap: 64 << 20, MemorySwappiness: 10 } },
  'unlimited swap': { host: { Memory: 64 << 20, MemorySwap: -1, OomKillDisable: true } },
  'cpuset, cpus': { host: { CpusetCpus: '0', NanoCpus: 500_000_000 } },
  'block I/O weight': { host: { BlkioWeight: 300 } },
  ulimits: {
    host: {
      Ulimits: [
        { Name: 'nofile', Soft: 100, Hard: 200 },
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nproc', Soft: 50, Hard: 60 },
      ],
    },
  },
  tmpfs: { host: { Tmpfs: { '/scratch': 'size=1m,mode=700,uid=5', '/var': 'ro,exec,mode=755', '/tmp': '' } } },
  'binds, read-only and not': { binds: [bind('data', '/data', 'ro'), bind('secret', '/secret', 'rw')] },
  // Docker asks for a shared mount below the source, which a test must not make on the host; the runtimes do not.
  'binds, slave': { change: propagating('rslave', ['rbind', 'rslave'], ['bind', 'private', 'ro']) },
  'binds, shared': {
    change: propagating('shared', ['rbind', 'rshared'], ['bind', 'ro', 'slave']),
    known: [/^mountinfo [-+] <mount> <mount> \S+ <host>\/rootfs \/ rw,relatime (shared:<id> )?- /], // it leaves the root private
  },
  'binds with flags': {
    change: propagating(
      '',
      ['rbind', 'rw', 'nosuid', 'noatime', 'nodiratime'],
      ['bind', 'rro', 'rnoexec', 'nodev', 'runbindable'],
    ),
  },
  'working directory': { config: { WorkingDir: '/work/deep/down' } },
  environment: { config: { Env: ['A=1', 'B=two words', 'PATH=/bin:/sbin', 'EMPTY=', 'HOME=/tmp'] } },
  'host and domain name': {
    config: { Hostname: 'a-name', Domainname: 'example.org' },
    known: [/^id - example.org$/, /^id \+ \(none\)$/], // it does not know domain names
  },
  sysctl: { host: { Sysctls: { 'kernel.msgmax': '4096', 'net.ipv4.ip_forward': '1', 'fs.mqueue.msg_max': '20' } } },
  'no new privileges': { host: { SecurityOpt: ['no-new-privileges'] } },
  'no new privileges of a user': { config: { User: '1000' }, host: { SecurityOpt: ['no-new-privileges:true'] } },
  'seccomp unconfined': { host: { SecurityOpt: ['seccomp=unconfined'] } },
  'a seccomp profile of its own': { host: { SecurityOpt: [`seccomp=${profile}`] } },
  'host pids': { host: { PidMode: 'host' } },
  'host ipc': { host: { IpcMode: 'host' } },
  'host uts': { host: { UTSMode: 'host' } },
  'all of the host': { host: { PidMode: 'host', IpcMode: 'host', UTSMode: 'host', NetworkMode: 'host' } },
  'private cgroup namespace': { host: { CgroupnsMode: 'private' } },
  devices: {
    host: {
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/sub/fuse', CgroupPermissions: 'rw' }],
      DeviceCgroupRules: ['b 254:* r', 'c 1:3 m'],
    },
  },
  'no masked, no read-only paths': { host: { MaskedPaths: [], ReadonlyPaths: [] } },
  'masked paths of its own': {
    host: { MaskedPaths: ['/proc/meminfo', '/home', '/none'], ReadonlyPaths: ['/tmp', '/nowhere'] },
  },
  'shared memory, oom score': { host: { ShmSize: 1 << 20, OomScoreAdj: 500 } },
  'no shared memory': { host: { IpcMode: 'none' } },
  'everything in a user namespace': { change: userNamespace },
};

/** Binds two of the shared directories with these options. */
function propagating(rootfsPropagation: string, data: string[], secret: string[]) {
  return ({ mounts, linux }: RuntimeSpec): void => {
    const shared = `${bench.directory}/shared`;
    mounts.push(
      { destination: '/data', type: 'bind', source: `${shared}/data`, options: data },
      { destination: '/secret', type: 'bind', source: `${shared}/secret`, options: secret },
    );
    if (rootfsPropagation) linux.rootfsPropagation = rootfsPropagation;
  };
}

function userNamespace(spec: RuntimeSpec): void {
  const mappings = [{ containerID: 0, hostID: 0, size: 0xffff_ffff }];
  spec.linux.namespaces.push({ type: 'user' });
  spec.linux.uidMappings = mappings;
  spec.linux.gidMappings = mappings;
}

for (const [name, { binds, known = [], ...options }] of Object.entries(sets)) {
  test(`as under runc: ${name}`, async () => {
    const Binds = binds?.map((text) => text(bench.directory));
    const all = await compare(name, { ...options, host: { ...options.host, ...(Binds && { Binds }) } });
    const found = all.filter((line) => !known.some((pattern) => pattern.test(line)));
    if (found.length > 0) failed = true;
    expect(found).toEqual([]);
  }, 30_000);
}

const execs: Record<string, Options & { exec: ExecConfig }> = {
  default: { exec: {} },
  'another user': { exec: { User: '1000:1000' } },
  'a user of a user': { config: { User: 'alice' }, host: { GroupAdd: ['4711'] }, exec: { User: 'nobody' } },
  privileged: { exec: { Privileged: true } },
  'in a privileged container': { host: { Privileged: true }, exec: {} },
  tty: { exec: { Tty: true } },
  'environment and directory': {
    config: { Env: ['A=1'], WorkingDir: '/work' },
    exec: { Env: ['A=2', 'B=3'], WorkingDir: '/tmp' },
  },
  'limits, no new privileges': {
    host: {
      Memory: 64 << 20,
      OomScoreAdj: 100,
      Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
      SecurityOpt: ['no-new-privileges'],
    },
    exec: {},
  },
  'read-only root, host namespaces': {
    host: { ReadonlyRootfs: true, PidMode: 'host', IpcMode: 'host', UTSMode: 'host', NetworkMode: 'host' },
    exec: {},
  },
  'private cgroup namespace': { host: { CgroupnsMode: 'private' }, exec: {} },
};

for (const [name, options] of Object.entries(execs)) {
  test(`an exec as under runc: ${name}`, async () => {
    const sides = (['tug', 'runc'] as const).map((side) => bench.captureExec(`exec ${name}`, side, options));
    const [ours = '', theirs = ''] = await Promise.all(sides);
    const found = judge(ours, theirs);
    if (found.length > 0) failed = true;
    expect(found).toEqual([]);
  }, 30_000);
}

const inSpec = (change: (spec: RuntimeSpec) => void): Options => ({ change });
const withoutMask = (path: string) =>
  inSpec(({ linux }) => {
    linux.maskedPaths = linux.maskedPaths.filter((masked) => masked !== path);
  });

/** What a runtime could get wrong, each planted on one side (ours unless told), and the section that must tell. */
const plants: [name: string, section: string, options: Options, side?: SideName][] = [
  ['a capability', 'status', inSpec(({ process }) => process.capabilities.bounding.push('CAP_SYS_ADMIN'))],
  ['a file that is not masked', 'masked', withoutMask('/proc/interrupts')],
  ['a directory that is not masked', 'mountinfo', withoutMask('/sys/firmware')],
  ['a path that can be written', 'writable', inSpec(({ linux }) => void linux.readonlyPaths.splice(0))],
  ['a file descriptor', 'fds', { leak: true }, 'runc'],
  ['a limit', 'limits', { host: { Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 100 }] } }],
  ['a limit of the cgroup', 'limits-of-cgroup', { host: { PidsLimit: 99 } }],
  ['a device rule', 'limits-of-cgroup', { host: { DeviceCgroupRules: ['b 254:* r'] } }],
  [
    'a device',
    'devices',
    inSpec(({ linux }) =>
      linux.devices.push({ path: '/dev/x', type: 'c', major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 }),
    ),
  ],
  [
    'a mode of a device',
    'devices',
    inSpec(({ linux }) =>
      linux.devices.push({ path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 }),
    ),
  ],
  ['no seccomp filter', 'status', { host: { SecurityOpt: ['seccomp=unconfined'] } }],
  [
    'a system call',
    'syscalls',
    inSpec(({ linux }) => linux.seccomp?.syscalls.push({ names: ['unshare', 'clone'], action: 'SCMP_ACT_ALLOW' })),
  ],
  ['no_new_privs', 'status', { host: { SecurityOpt: ['no-new-privileges'] } }],
  ['a namespace of the host', 'namespaces', { host: { IpcMode: 'host' } }],
  ['a mount', 'mountinfo', { host: { Tmpfs: { '/scratch': '' } } }],
  [
    'an option of a mount',
    'mountinfo',
    inSpec(({ mounts }) => void mounts.find(({ destination }) => destination === '/dev/mqueue')?.options.shift()),
  ],
  ['an environment variable', 'env', { config: { Env: ['A=1'] } }],
  ['a group', 'id', { host: { GroupAdd: ['4711'] } }],
  ['a umask', 'id', inSpec(({ process }) => void Object.assign(process.user, { umask: 0o77 }))],
  ['a working directory', 'id', { config: { WorkingDir: '/tmp' } }],
  [
    'a cgroup',
    'cgroup',
    inSpec(
      ({ linux }) => void Object.assign(linux, { cgroupsPath: linux.cgroupsPath.replace(/([^/]+)$/, '$1-other') }),
    ),
  ],
  ['a sysctl', 'sysctl', { host: { Sysctls: { 'kernel.msgmax': '4096' } } }],
  ['an OOM score', 'process', { host: { OomScoreAdj: 7 } }],
  ['a read-only root', 'writable', inSpec(({ root }) => void Object.assign(root, { readonly: true }))],
];

const plain = new Map<SideName, Promise<string>>();
function plainCapture(side: SideName): Promise<string> {
  const capture = plain.get(side) ?? bench.capture('plain', side, {});
  plain.set(side, capture);
  return capture;
}

for (const [name, section, options, side = 'tug'] of plants) {
  test(`a planted difference is found: ${name}`, async () => {
    const planted = await bench.capture(`planted ${name}`, side, options);
    const [ours, theirs] = side === 'tug' ? [planted, plainCapture('runc')] : [plainCapture('tug'), planted];
    const found = judge(await ours, await theirs);
    expect(found.filter((line) => line.startsWith(section))).not.toEqual([]);
  }, 30_000);
}
