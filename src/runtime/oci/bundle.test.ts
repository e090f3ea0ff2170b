import { expect, test } from 'bun:test';
import { hybrid, processOf, specOf } from '../compile/fixture.ts';
import { bundleFiles, execFiles } from './bundle.ts';
import { compileOciExec, compileOciLaunch } from './compile.ts';

const quiet = { tty: false, openStdin: false, stdinOnce: false };
const runtime = { path: '/bin/runc', args: ['--debug'] };
const places = { path: '/run/a', rootAt: '/run/rootfs' };

test('a bundle: its root, a furnished network by its file, a domain as a sysctl, no limit as runtimes have it', () => {
  const rlimits = [{ type: 'RLIMIT_CORE', soft: 5, hard: -1 }];
  const process = processOf({ rlimits, env: ['A="soft":-1'], terminal: true });
  const namespaces = [{ type: 'network' as const }, { type: 'mount' as const }];
  const spec = specOf({ namespaces, sysctl: { a: 'b' } }, { process, domainname: 'd' });
  const files = bundleFiles(spec, quiet, { ...places, network: '/run/a/netns' });
  expect(files.netns).toBe('');
  expect(files['config.json']).toContain('"soft":5,"hard":18446744073709551615');
  const bundle = JSON.parse(files['config.json'] ?? '') as typeof spec;
  expect(bundle.root.path).toBe('/run/rootfs');
  expect(bundle.process.env).toEqual(['A="soft":-1']);
  expect(bundle.process.terminal).toBeUndefined();
  expect(bundle.linux.namespaces).toEqual([{ type: 'network', path: '/run/a/netns' }, { type: 'mount' }]);
  expect([bundle.domainname, bundle.linux.sysctl]).toEqual([undefined, { a: 'b', 'kernel.domainname': 'd' }]);
  expect(bundleFiles(spec, quiet, places).netns).toBeUndefined();
});

test('an exec has the terminal that is asked for, and the limits and umask of its container', () => {
  const spec = specOf({}, { process: processOf({ rlimits: [{ type: 'RLIMIT_CPU', soft: 1, hard: 2 }] }) });
  const files = execFiles(spec, processOf({ args: ['x'] }), { ...quiet, tty: true, size: [3, 4] });
  expect(JSON.parse(files['process.json'] ?? '')).toMatchObject({
    args: ['x'],
    terminal: true,
    consoleSize: { height: 3, width: 4 },
    rlimits: [{ type: 'RLIMIT_CPU', soft: 1, hard: 2 }],
    user: { umask: 0o022 },
  });
});

test('the plans: one command before the gate, one after it, each with its state and its log', () => {
  const launch = compileOciLaunch({
    id: 'a',
    ...places,
    runtime,
    spec: specOf(),
    stdio: { ...quiet, tty: true },
    cgroups: hybrid,
    shm: { namespace: '/proc/7/ns/mnt', at: '/run/shm' },
  });
  expect(launch.map(({ op }) => op)).toEqual([
    'oomWatch',
    'cgroupKill',
    'clone',
    'root',
    'share',
    'create',
    'gate',
    'start',
  ]);
  const words = launch.flatMap((step) => (step.op === 'create' ? [step.args.join(' ')] : []));
  expect(words).toEqual([
    '/bin/runc --debug --root /run/a/state --log /run/a/log.json --log-format json create --bundle /run/a --pid-file /run/a/pid --console-socket console a',
  ]);
  const exec = compileOciExec({ path: '/run/x', container: '/run/a', containerId: 'a', runtime, stdio: quiet });
  expect(exec.map(({ op }) => op)).toEqual(['clone', 'gate', 'start']);
  const [start] = exec.flatMap((step) => (step.op === 'start' ? [step.args.join(' ')] : []));
  expect(start).toContain('--root /run/a/state --log /run/x/log.json');
  expect(start).toEndWith('exec --detach --process /run/x/process.json --pid-file /run/x/pid a');
});

test('crun is shown no v2 hierarchy on a hybrid machine', () => {
  const crun = { path: '/usr/bin/crun', args: [] };
  const steps = compileOciLaunch({ id: 'a', ...places, runtime: crun, spec: specOf(), stdio: quiet, cgroups: hybrid });
  expect(steps).toContainEqual({ op: 'unmount', at: '/cg/unified' });
  expect(steps).toContainEqual({ op: 'cgroupKill', path: '/cg/pids/tug/a' });
});
