// Differential: what a container sees of its confinement under the native runtime and under runc, for the same specification.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ExecConfig } from '../../src/api/index.ts';
import { detectCgroups } from '../../src/host/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { differences } from './confinement-normalise.ts';
import { createBench, type Options, type SideName } from './confinement-run.ts';
import { type OptionSet, optionSets } from './option-sets.ts';

/** Where Debian 12's runc (1.1.5) is known to differ from the runc of Docker 28, which is what counts. */
const knownEverywhere = [
  // It gives a tmpfs the mode of the directory below it even where another is asked for.
  /^directories [-+] \/sys\/fs\/cgroup directory (755|555) 0:0$/,
];

type Set = Options & { known?: RegExp[] };

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

/** Beside the option sets, what Docker has no words for, or a test must not ask of the host. */
const specifications: Record<string, Set> = {
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
  // The kernel lists mounts in the order they were made, and here the sources of binds are found before the first new file system.
  'everything in a user namespace': { change: userNamespace, known: [/^mountinfo: the same lines in another order$/] },
};

/** Differences that are meant, or known of Debian's runc, by option set. */
const knownOf: Record<string, RegExp[]> = {
  // It does not know domain names.
  'names of host and domain': [/^id - example.org$/, /^id \+ \(none\)$/],
  // It leaves this limit out.
  'memory of TCP': [/^limits-of-cgroup [-+] memory\/memory.kmem.tcp.limit_in_bytes: \d+;$/],
};

const chosen = Object.entries(optionSets).filter(([, { only }]) => only !== 'specification');
const sets: Record<string, Set> = {
  ...Object.fromEntries(chosen.map(([name, { config, host }]) => [name, setOf(name, config, host)])),
  ...specifications,
};

function setOf(name: string, config: OptionSet['config'] = {}, host: OptionSet['host'] = {}): Set {
  return { config, host, known: knownOf[name] ?? [] };
}

test('a hundred option sets are compared', () => {
  expect(Object.keys(sets).length).toBeGreaterThanOrEqual(100);
});

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

for (const [name, { known = [], ...options }] of Object.entries(sets)) {
  test(`as under runc: ${name}`, async () => {
    const all = await compare(name, options);
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

/** With cgroup v2 no file shows these from within: rules are a program, and paths begin at the namespace. confinement-unified tries both. */
const unseen = detectCgroups().mode === 'v2' ? ['a device rule', 'a cgroup'] : [];

for (const [name, section, options, side = 'tug'] of plants) {
  test.skipIf(unseen.includes(name))(
    `a planted difference is found: ${name}`,
    async () => {
      const planted = await bench.capture(`planted ${name}`, side, options);
      const [ours, theirs] = side === 'tug' ? [planted, plainCapture('runc')] : [plainCapture('tug'), planted];
      const found = judge(await ours, await theirs);
      expect(found.filter((line) => line.startsWith(section))).not.toEqual([]);
    },
    30_000,
  );
}
