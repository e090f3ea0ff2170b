// What of cgroup v2 a hybrid machine has: the kernel takes the device program and obeys it, and the container sees its own cgroup only.
import { afterAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cgroups, detectCgroups, removeCgroup } from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import type { RuntimeSpec, SpecDeviceRule } from '../../src/oci/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { busyboxRoot } from '../support/image.ts';
import { createNative } from './confinement-sides.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-unified-'));
const parent = `/tug-unified-${randomBytes(4).toString('hex')}`;
const root = await busyboxRoot();
const cgroups = unifiedOnly(detectCgroups());
const runtime = createRuntime({
  execRoot: join(directory, 'exec'),
  shim: { path: join(import.meta.dirname, '../../dist/tug-shim') },
  log: silent,
  cgroups,
});

afterAll(async () => {
  await runtime.close();
  const own = join(cgroups.unified?.mountPoint ?? '', parent);
  const left = readdirSync(own, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(left).toEqual([]);
  expect(removeCgroup(cgroups, parent)).toBe(true);
  expect(existsSync(own)).toBe(false);
  rmSync(root, { recursive: true });
  rmSync(directory, { recursive: true });
});

/** The machine as if its v2 hierarchy were all it has. */
function unifiedOnly({ unified }: Cgroups): Cgroups {
  if (!unified) throw new Error('this machine has no v2 hierarchy');
  return {
    mode: 'v2',
    hierarchies: [unified],
    unified,
    hierarchyOf: (controller) => (unified.controllers.includes(controller) ? unified : undefined),
    directoryOf: (controller, cgroup) =>
      unified.controllers.includes(controller) ? join(unified.mountPoint, cgroup) : undefined,
  };
}

const all = ['CAP_MKNOD', 'CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER'];
const quiet = ['nosuid', 'noexec', 'nodev'];

/** What a script says in a container with these device rules and a cgroup namespace of its own. */
function run(script: string, devices: SpecDeviceRule[]): Promise<string> {
  const id = randomBytes(8).toString('hex');
  const spec: RuntimeSpec = {
    ociVersion: '1.2.1',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['sh', '-c', script],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: all, effective: all, permitted: all, inheritable: [], ambient: [] },
    },
    root: { path: root },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, 'ro'] },
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...quiet, 'ro'] },
    ],
    linux: {
      namespaces: (['mount', 'pid', 'network', 'ipc', 'uts', 'cgroup'] as const).map((type) => ({ type })),
      devices: [],
      cgroupsPath: `${parent}/${id}`,
      resources: { devices },
      maskedPaths: [],
      readonlyPaths: [],
    },
  };
  return createNative(runtime).run({ id, home: directory, root, spec, leak: false });
}

const deny: SpecDeviceRule = { allow: false, access: 'rwm' };
const open = (minor: number) => `head -c 0 /dev/n${minor} 2>&1 && echo open${minor}`;
const script = `for minor in 3 4; do mknod /dev/n$minor c 1 $minor && echo made$minor; done; ${open(3)}; ${open(4)}; true`;

test('devices: everything may be made, what the rules allow may be opened', async () => {
  const said = (await run(script, [deny])).split('\n').filter(Boolean);
  expect(said).toEqual(['made3', 'made4', 'open3', 'head: /dev/n4: Operation not permitted']);
});

test('devices: a rule more opens one more, and with all allowed one is taken away', async () => {
  const port: SpecDeviceRule = { allow: true, type: 'c', major: 1, minor: 4, access: 'r' };
  const everything: SpecDeviceRule = { allow: true, access: 'rwm' };
  const refused = 'head: /dev/n4: Operation not permitted';
  expect(await run(script, [deny, port])).not.toContain(refused);
  expect(await run(script, [everything])).not.toContain(refused);
  expect(await run(script, [everything, { ...port, allow: false }])).toContain(refused);
});

test('the cgroup namespace begins at the container’s cgroup, and so does what is mounted', async () => {
  const said = await run(
    'cat /proc/self/cgroup; grep " /sys/fs/cgroup " /proc/self/mountinfo; cat /sys/fs/cgroup/cgroup.procs',
    [deny],
  );
  expect(said).toContain('0::/\n');
  expect(said).toMatch(/ \/ \/sys\/fs\/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup /);
  expect(said).toMatch(/^1$/m);
});
