// Hooks of CDI files: programs of the host's that are called while a container is made, in its mount namespace and before its root.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tug-cdi-hooks-'));
const program = join(directory, 'hook');

/** Finds the container's root as vendors' hooks do: by the bundle that the state on stdin names. */
const script = `#!/bin/sh
state=$(cat)
field() { printf '%s' "$state" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
root=$(sed -n 's/.*"root":{[^}]*"path":"\\([^"]*\\)".*/\\1/p' "$(field bundle)/config.json")
case $1 in
fail) echo told; echo why >&2; exit 3 ;;
slow) sleep 100 ;;
esac
echo "$(field id) $(field status) $WORD $0 $2" >"$root/etc/hooked"
grep -q " $root " /proc/self/mountinfo && [ -d "/proc/$(printf '%s' "$state" | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')" ] && echo seen >>"$root/etc/hooked"
`;

beforeAll(async () => {
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const cdi = join(directory, 'cdi');
  mkdirSync(cdi);
  const device = (name: string, hookName: string, more: object) => ({
    name,
    containerEdits: { hooks: [{ hookName, path: program, ...more }] },
  });
  const devices = [
    device('good', 'createContainer', { args: ['hook', 'go', 'on'], env: ['WORD=given'] }),
    device('bad', 'createContainer', { args: ['hook', 'fail'] }),
    device('slow', 'createContainer', { args: ['hook', 'slow'], timeout: 1 }),
    device('none', 'createContainer', { path: join(directory, 'nothing') }),
    device('early', 'createRuntime', {}),
  ];
  writeFileSync(join(cdi, 'vendor.json'), JSON.stringify({ cdiVersion: '0.5.0', kind: 'vendor.com/hook', devices }));
  engine = await startEngine({ args: [`--cdi-spec-dir=${cdi}`] });
  await engine.withBusybox();
}, 60_000);

afterAll(async () => {
  rmSync(directory, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const run = (device: string, ...options: string[]) =>
  engine.tug(['run', '--rm', ...options, '--device', `vendor.com/hook=${device}`, 'busybox', 'cat', '/etc/hooked']);

test('a hook is told of the container, finds its root, and what it puts there is seen within', async () => {
  for (const options of [[], ['--runtime', 'runc'], ['--tty']]) {
    const { stdout, stderr } = await run('good', ...options);
    expect([options, stderr, stdout.replaceAll('\r', '')]).toEqual([
      options,
      '',
      expect.stringMatching(/^[0-9a-f]{64} (creating|created) given \/[^ ]*\/hook on\nseen\n$/),
    ]);
  }
}, 60_000);

test('one that fails, is late or is not there lets nothing start, in runc’s words', async () => {
  expect(await run('bad')).toMatchObject({
    code: 125,
    stdout: '',
    stderr: expect.stringContaining('exit status 3, stdout: told\n, stderr: why\n'),
  });
  expect((await run('slow')).stderr).toContain('hook ran past specified timeout of 1.0s');
  expect((await run('none')).stderr).toContain('no such file or directory');
  expect((await run('early')).stderr).toContain('createRuntime hooks are called by another runtime only');
}, 60_000);
