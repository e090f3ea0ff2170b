import { expect, test } from 'bun:test';
import type { SpecMount } from '../../oci/index.ts';
import type { Step } from '../plan/steps.ts';
import { ATTR, CLONE_NEW, MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE } from './constants.ts';
import { inputOf, processOf, specOf, unified } from './fixture.ts';
import { compileExec, compileLaunch } from './index.ts';

type Op<T extends Step['op']> = Extract<Step, { op: T }>;
const ofKind = <T extends Step['op']>(steps: Step[], op: T) => steps.filter((step): step is Op<T> => step.op === op);
const launch = (...args: Parameters<typeof specOf>) => compileLaunch(inputOf(specOf(...args)));
const mounting = (mount: Partial<SpecMount>) =>
  launch({}, { mounts: [{ destination: '/m', type: 'tmpfs', source: 'tmpfs', options: [], ...mount }] });
const bindWith = (...options: string[]) => mounting({ type: 'bind', source: '/s', options });

const phases = [
  'cgroupMake write deviceProgram cgroupJoin cgroupInto oomWatch cgroupKill',
  'joinNamespace joinInit',
  'clone',
  'idMap',
  'netHost netInside',
  'root',
  'mount bind relabel attributes mkdir symlink device console',
  'pivot',
  'attributes hostname domainname sysctl readonly mask keyring',
  'gate',
  'rlimit oomScoreAdj label cwd boundingSet ids capabilities noNewPrivileges seccomp',
  'exec',
].map((ops) => ops.split(' '));

/** Whether the steps pass through the phases in order. */
function inOrder(steps: Step[]): boolean {
  let phase = 0;
  for (const { op } of steps) {
    const further = phases.slice(phase).findIndex((ops) => ops.includes(op));
    if (further < 0) return false;
    phase += further;
  }
  return true;
}

test('a full spec passes through the phases in order, on every layout of cgroups', () => {
  const spec = specOf(
    {
      namespaces: (['user', 'pid', 'network', 'ipc', 'uts', 'mount', 'cgroup', 'time'] as const).map((type) => ({
        type,
      })),
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      sysctl: { 'net.ipv4.ip_forward': '1' },
      maskedPaths: ['/proc/keys'],
      readonlyPaths: ['/proc/sys'],
      seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] },
      resources: { devices: [], memory: { limit: 1 << 30, swap: 1 << 30 }, pids: { limit: 5 } },
    },
    {
      hostname: 'h',
      domainname: 'd',
      mounts: [
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['ro'] },
        { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] },
      ],
      process: processOf({ cwd: '/w', oomScoreAdj: 5, rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }] }),
    },
  );
  for (const part of [{}, { cgroups: unified }]) {
    const steps = compileLaunch(inputOf(spec, { ...part, stdio: { tty: true } }));
    expect(inOrder(steps)).toBe(true);
    expect(ofKind(steps, 'clone')[0]?.flags).toBe(Object.values(CLONE_NEW).reduce((bits, bit) => bits | bit, 0));
    expect(ofKind(steps, 'idMap')).toEqual([{ op: 'idMap', uid: '0 100000 65536\n', gid: '0 100000 65536\n' }]);
    expect(ofKind(steps, 'keyring')).toEqual([{ op: 'keyring', name: '_ses.a', permissions: 8, label: '' }]);
  }
});

test('SELinux: file systems of its own have the mount label, the kernel’s own have theirs; keyring and process have the other', () => {
  const mountLabel = 'u:o:f:s0:c1,c2';
  const process = processOf({ selinuxLabel: 'u:r:t:s0:c1,c2' });
  const mounts = ['proc', 'sysfs', 'mqueue', 'tmpfs', 'devpts'].map((type) => ({
    destination: type === 'proc' ? '/proc' : `/m/${type}`,
    type,
    source: type,
    options: ['nosuid'],
  }));
  const maskedPaths = ['/proc/kcore'];
  const spec = specOf({ mountLabel, maskedPaths }, { process, mounts });
  const steps = compileLaunch(inputOf(spec));
  const context = [{ key: 'context', value: mountLabel }];
  expect(ofKind(steps, 'mount').map(({ type, options }) => [type, options])).toEqual([
    ['proc', []],
    ['sysfs', []],
    ['mqueue', []],
    ['tmpfs', context],
    ['devpts', context],
  ]);
  expect(ofKind(steps, 'relabel')).toEqual([{ op: 'relabel', target: '/m/mqueue', label: mountLabel }]);
  expect(ofKind(steps, 'mask')).toEqual([{ op: 'mask', path: '/proc/kcore', label: mountLabel }]);
  expect(ofKind(steps, 'keyring')[0]?.label).toBe('u:r:t:s0:c1,c2');
  expect(ofKind(steps, 'label')).toEqual([{ op: 'label', kind: 'selinux', value: 'u:r:t:s0:c1,c2' }]);
  const { cgroups, seccomp } = inputOf(spec);
  const exec = compileExec({ containerId: 'a', spec, process, cgroups, seccomp });
  expect([ofKind(exec, 'keyring')[0]?.label, ofKind(exec, 'label')[0]?.value]).toEqual(Array(2).fill('u:r:t:s0:c1,c2'));
});

test('namespaces: absent is the host’s, a path is joined', () => {
  const steps = launch({ namespaces: [{ type: 'mount' }, { type: 'network', path: '/proc/7/ns/net' }] });
  expect(ofKind(steps, 'joinNamespace')).toEqual([
    { op: 'joinNamespace', type: CLONE_NEW.network, path: '/proc/7/ns/net' },
  ]);
  expect(ofKind(steps, 'clone')).toEqual([{ op: 'clone', flags: CLONE_NEW.mount }]);
  expect(ofKind(steps, 'netInside')).toEqual([]);
  expect(() => launch({ namespaces: [{ type: 'mount' }, { type: 'mount' }] })).toThrow('duplicated namespace');
  expect(() => launch({ namespaces: [] })).toThrow('mount namespace of its own');
});

test('a new network namespace without a plan has its loopback up', () => {
  const [step] = ofKind(launch({ namespaces: [{ type: 'mount' }, { type: 'network' }] }), 'netInside');
  const view = new DataView(Uint8Array.from(step?.message ?? []).buffer);
  expect([view.byteLength, view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true)]).toEqual([
    32, 32, 16, 5,
  ]);
  expect([view.getInt32(20, true), view.getUint32(24, true), view.getUint32(28, true)]).toEqual([1, 1, 1]);
});

test('a filesystem: flags become attributes, the rest its own options; ro holds for the superblock as well', () => {
  const options = ['nosuid', 'noexec', 'noatime', 'ro', 'sync', 'gid=5', 'newinstance', 'defaults'];
  expect(ofKind(mounting({ type: 'devpts', source: 'devpts', options }), 'mount')).toEqual([
    {
      op: 'mount',
      type: 'devpts',
      source: 'devpts',
      target: '/m',
      options: [
        { key: 'ro', value: null },
        { key: 'sync', value: null },
        { key: 'gid', value: '5' },
        { key: 'newinstance', value: null },
      ],
      attributes: ATTR.NOSUID | ATTR.NOEXEC | ATTR.NOATIME | ATTR.RDONLY,
      tmpcopyup: false,
      mode: 0,
      propagation: 0,
    },
  ]);
});

test('a tmpfs takes the mode of what it covers, and becomes read-only when all is in place', () => {
  const steps = mounting({ options: ['ro', 'nodev', 'tmpcopyup', 'size=1k', 'rshared'] });
  const mount = ofKind(steps, 'mount')[0];
  expect(mount).toMatchObject({ attributes: ATTR.NODEV, mode: -1, tmpcopyup: true, propagation: MS_SHARED | MS_REC });
  expect(ofKind(steps, 'attributes')).toEqual([
    { op: 'attributes', target: '/m', set: ATTR.RDONLY, clear: 0, recursive: false },
  ]);
  expect(steps.findIndex(({ op }) => op === 'attributes')).toBeGreaterThan(steps.findIndex(({ op }) => op === 'pivot'));
  expect(ofKind(mounting({ options: ['mode=700'] }), 'mount')[0]?.mode).toBe(0);
});

const theBind = (...options: string[]) => ofKind(bindWith(...options), 'bind')[0];

test('a bind without flags stays as its source is; with one, only what was asked for holds', () => {
  const all = ATTR.RDONLY | ATTR.NOSUID | ATTR.NODEV | ATTR.NOEXEC | ATTR.NOSYMFOLLOW;
  expect(theBind('rbind', 'rprivate')).toEqual({
    op: 'bind',
    source: '/s',
    target: '/m',
    recursive: true,
    set: 0,
    clear: 0,
    recursiveAttributes: false,
    propagation: MS_PRIVATE | MS_REC,
  });
  expect(theBind('bind', 'ro')).toMatchObject({ recursive: false, set: ATTR.RDONLY, clear: all & ~ATTR.RDONLY });
  expect(theBind('bind', 'rw')).toMatchObject({ set: 0, clear: all });
  expect(theBind('bind', 'noatime')).toMatchObject({ set: ATTR.NOATIME, clear: all | ATTR.ATIME });
  expect(theBind('bind', 'ro', 'rw', 'ro')).toMatchObject({ set: ATTR.RDONLY });
  expect(theBind('bind', 'slave')?.propagation).toBe(MS_SLAVE);
});

test('rro and its kin hold for all below as well', () => {
  const steps = bindWith('rbind', 'rro', 'rexec');
  expect(ofKind(steps, 'bind')[0]).toMatchObject({ set: 0, clear: 0 });
  expect(ofKind(steps, 'attributes')).toEqual([
    { op: 'attributes', target: '/m', set: ATTR.RDONLY, clear: ATTR.NOEXEC, recursive: true },
  ]);
});

test('mounts on the root, over /proc or inside it are refused, but for what lxcfs emulates', () => {
  expect(() => mounting({ destination: '/' })).toThrow('on the top of rootfs');
  expect(() => mounting({ destination: '/proc' })).toThrow('not of type proc');
  expect(() => mounting({ destination: '/proc/self/attr' })).toThrow('inside /proc');
  expect(() => mounting({ destination: '/x/../proc/1' })).toThrow('inside /proc');
  expect(() => mounting({ options: ['idmap'] })).toThrow('not supported');
  expect(ofKind(mounting({ destination: '/proc/meminfo', type: 'bind', options: ['bind'] }), 'bind')).toHaveLength(1);
});

test('root: slave unless told otherwise; shared is set again once the host is out of sight', () => {
  const of = (rootfsPropagation: string) => launch({ rootfsPropagation });
  expect(ofKind(launch(), 'root')[0]?.propagation).toBe(MS_SLAVE | MS_REC);
  expect(ofKind(launch(), 'pivot')[0]).toEqual({ op: 'pivot', readonly: false, propagation: 0 });
  expect(ofKind(of('rshared'), 'root')[0]?.propagation).toBe(MS_SHARED | MS_REC);
  expect(ofKind(of('rshared'), 'pivot')[0]?.propagation).toBe(MS_SHARED | MS_REC);
  expect(ofKind(of('private'), 'pivot')[0]?.propagation).toBe(0);
  expect(() => of('loud')).toThrow('not supported');
});

test('/dev gets its nodes and links, unless it is the host’s', () => {
  const own = { path: '/dev/null', type: 'c' as const, major: 1, minor: 3, fileMode: 0o600, uid: 1, gid: 2 };
  const steps = compileLaunch(inputOf(specOf({ devices: [own] }), { kcore: true }));
  expect(ofKind(steps, 'device').map(({ target, mode }) => `${target} ${mode.toString(8)}`)).toEqual(
    ['random 666', 'full 666', 'tty 666', 'zero 666', 'urandom 666', 'null 600'].map((text) => `/dev/${text}`),
  );
  expect(ofKind(steps, 'symlink').map(({ target, text }) => `${target} ${text}`)).toEqual([
    '/dev/ptmx pts/ptmx',
    '/dev/fd /proc/self/fd',
    '/dev/stdin /proc/self/fd/0',
    '/dev/stdout /proc/self/fd/1',
    '/dev/stderr /proc/self/fd/2',
    '/dev/core /proc/kcore',
  ]);
  const host = mounting({ destination: '/dev', type: 'bind', source: '/dev', options: ['rbind'] });
  expect([...ofKind(host, 'device'), ...ofKind(host, 'symlink')]).toEqual([]);
});

const limit = (type: string, soft: number, hard: number) => ({ type, soft, hard });

test('privileges: names to bits, limits to numbers, infinity from -1 and from 2^64-1', () => {
  const sets = { bounding: ['CAP_CHOWN', 'CAP_NEWER'], effective: ['CAP_KILL'], permitted: ['CAP_CHECKPOINT_RESTORE'] };
  const capabilities = { ...sets, inheritable: [], ambient: [] };
  const rlimits = [limit('RLIMIT_NOFILE', 10, -1), limit('RLIMIT_CORE', 0, 2 ** 64)];
  const user = { uid: 5, gid: 6, additionalGids: [7], umask: 0o77 };
  const steps = launch({}, { process: processOf({ capabilities, rlimits, user }) });
  expect(ofKind(steps, 'boundingSet')[0]?.bits).toBe(1n);
  expect(ofKind(steps, 'capabilities')[0]).toMatchObject({ effective: 1n << 5n, permitted: 1n << 40n });
  expect(ofKind(steps, 'rlimit')).toEqual([
    { op: 'rlimit', resource: 7, soft: 10n, hard: 2n ** 64n - 1n },
    { op: 'rlimit', resource: 4, soft: 0n, hard: 2n ** 64n - 1n },
  ]);
  expect(ofKind(steps, 'ids')).toEqual([{ op: 'ids', uid: 5, gid: 6, groups: [7], umask: 0o77 }]);
  expect(() => launch({}, { process: processOf({ rlimits: [limit('RLIMIT_X', 1, 1)] }) })).toThrow('invalid rlimit');
});

test('seccomp stands where it can be loaded: before the ids, or last with no_new_privs', () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] };
  const order = (noNewPrivileges: boolean) =>
    launch({ seccomp }, { process: processOf({ noNewPrivileges }) })
      .map(({ op }) => op)
      .filter((op) => ['boundingSet', 'ids', 'capabilities', 'noNewPrivileges', 'seccomp', 'exec'].includes(op))
      .join(' ');
  expect(order(false)).toBe('seccomp boundingSet ids capabilities exec');
  expect(order(true)).toBe('boundingSet ids capabilities noNewPrivileges seccomp exec');
});

test('sysctl names with dots or slashes; a broken one is refused', () => {
  const steps = launch({ sysctl: { 'kernel.shm_rmid_forced': '1', 'net/ipv4/conf/a.b/mtu': '2' } });
  expect(ofKind(steps, 'sysctl')).toEqual([
    { op: 'sysctl', path: 'kernel/shm_rmid_forced', value: '1' },
    { op: 'sysctl', path: 'net/ipv4/conf/a.b/mtu', value: '2' },
  ]);
  expect(() => launch({ sysctl: { '../x': '1' } })).toThrow('not valid');
  expect(() => launch({ sysctl: { 'net/../../x': '1' } })).toThrow('not valid');
});

test('an exec joins the container’s cgroups and namespaces and inherits its limits and filter', () => {
  const spec = specOf(
    {
      namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path: '/x' }],
      seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] },
    },
    { process: processOf({ oomScoreAdj: 9, rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 1 }] }) },
  );
  const { cgroups, seccomp } = inputOf(spec);
  const steps = compileExec({ containerId: 'a', spec, process: processOf({ args: ['ls'] }), cgroups, seccomp });
  expect(inOrder(steps)).toBe(true);
  expect(ofKind(steps, 'joinInit')).toEqual([
    { op: 'joinInit', types: CLONE_NEW.mount | CLONE_NEW.pid | CLONE_NEW.network },
  ]);
  expect(ofKind(steps, 'cgroupJoin')).toHaveLength(8);
  expect(ofKind(steps, 'cgroupInto')).toEqual([{ op: 'cgroupInto', path: '/cg/unified/tug/a' }]);
  expect(ofKind(steps, 'cgroupMake')).toEqual([]);
  expect(ofKind(steps, 'rlimit')).toHaveLength(1);
  expect(ofKind(steps, 'oomScoreAdj')).toEqual([{ op: 'oomScoreAdj', value: 9 }]);
  expect(ofKind(steps, 'seccomp')).toHaveLength(1);
  expect(steps.at(-1)).toEqual({ op: 'exec', args: ['ls'], env: ['PATH=/bin'] });
});
