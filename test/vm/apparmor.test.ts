// AppArmor as Debian's kernel has it: the default profile is loaded and obeyed, another takes its place, none frees of it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tug-apparmor-test-'));
const own = join(directory, 'tug-test-profile');

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  writeFileSync(
    own,
    'profile tug-test-profile flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  signal,\n  deny /etc/secret* rwklx,\n}\n',
  );
  await must(['apparmor_parser', '-Kr', own]);
}, 120_000);

afterAll(async () => {
  await must(['apparmor_parser', '-KR', own]);
  rmSync(directory, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const run = (options: string[], script: string) =>
  engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script]);
const profile = 'cat /proc/self/attr/apparmor/current';
/** All that a mount needs but for AppArmor's word. */
const powerful = ['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined'];
const mount = 'mount -t tmpfs none /mnt && echo mounted';

test('the default profile is loaded, and holds what a container starts and what is executed in it', async () => {
  expect(readFileSync('/sys/kernel/security/apparmor/profiles', 'utf8')).toContain('docker-default (enforce)\n');
  expect((await run([], `${profile}; sh -c '${profile}'`)).stdout).toBe('docker-default (enforce)\n'.repeat(2));
  await engine.tug(['run', '-d', '--name', 'held', 'busybox', 'sleep', '1000']);
  expect((await engine.tug(['exec', 'held', 'sh', '-c', profile])).stdout).toBe('docker-default (enforce)\n');
  expect((await engine.tug(['exec', '--privileged', 'held', 'sh', '-c', profile])).stdout).toBe('unconfined\n');
  const shown = await engine.tug(['inspect', '-f', '{{.AppArmorProfile}}', 'held']);
  expect(shown.stdout).toBe('docker-default\n');
  await engine.tug(['rm', '-f', 'held']);
  const { stdout } = await engine.tug(['info', '-f', '{{json .SecurityOptions}}']);
  expect(stdout).toContain('"name=apparmor"');
});

test('what it denies is refused to one who has every other right; without it the same is granted', async () => {
  const denied = await run(['--tmpfs', '/mnt', ...powerful], mount);
  expect([denied.stdout, denied.stderr]).toEqual(['', expect.stringContaining('Permission denied')]);
  const granted = await run(['--tmpfs', '/mnt', ...powerful, '--security-opt', 'apparmor=unconfined'], mount);
  expect(granted.stdout).toBe('mounted\n');
  const unmasked = ['--security-opt', 'systempaths=unconfined', '--cap-add', 'ALL'];
  const core = 'cat /proc/sys/kernel/core_pattern >/tmp/c; cat /tmp/c >/proc/sys/kernel/core_pattern && echo written';
  expect((await run(unmasked, core)).stdout).toBe('');
  expect((await run([...unmasked, '--security-opt', 'apparmor=unconfined'], core)).stdout).toBe('written\n');
});

test('a privileged container has none, and a signal from beside its profile does not reach a container', async () => {
  expect((await run(['--privileged'], profile)).stdout).toBe('unconfined\n');
  expect((await run(['--privileged', '--security-opt', 'apparmor=docker-default'], profile)).stdout).toBe(
    'docker-default (enforce)\n',
  );
});

test('a profile of the administrator’s is taken by its name; one that is not loaded lets nothing start', async () => {
  const options = ['--security-opt', 'apparmor=tug-test-profile'];
  const said = await run(options, `${profile}; echo x >/etc/plain && echo x >/etc/secret`);
  expect(said.stdout).toBe('tug-test-profile (enforce)\n');
  expect(said.stderr).toContain('/etc/secret: Permission denied');
  const missing = await run(['--security-opt', 'apparmor=tug-nothing'], 'echo started');
  expect([missing.code, missing.stdout]).toEqual([127, '']);
  expect(missing.stderr).toContain('unable to apply apparmor profile: apparmor failed to apply profile: write ');
});

test('a profile that somebody took away is there again for the next engine', async () => {
  const policy = '/sys/kernel/security/apparmor';
  writeFileSync(join(policy, '.remove'), 'docker-default');
  expect(readFileSync(join(policy, 'profiles'), 'utf8')).not.toContain('docker-default');
  await engine.stop();
  await engine.start();
  expect((await run([], profile)).stdout).toBe('docker-default (enforce)\n');
});
