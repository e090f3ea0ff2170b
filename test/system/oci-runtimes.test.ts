// Other runtimes behind the shim: what the tests that run with TUG_RUNTIME do not ask.
import { afterAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, newId, newToken, silent } from '../../src/kit/index.ts';
import { startExitCode } from '../../src/runtime/index.ts';
import { collect, makeBench, quiet, shimOf, unframe, until } from '../support/runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-oci-'));
const script = (name: string, text: string): string => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(directory, name), 0o755);
  return join(directory, name);
};
const calls = join(directory, 'calls');
const recorder = script('recorder', `echo "$@" >>${calls}; shift; exec runc "$@"`);
const warnings: unknown[][] = [];
const log: Log = { ...silent, warn: (...said) => void warnings.push(said) };
const runtimes = {
  recorded: { path: recorder, args: ['--mark'] },
  mute: { path: script('mute', 'exit 3'), args: [] },
  absent: { path: '/nowhere/runtime', args: [] },
  'by-name': { path: 'runc', args: [] },
};
const bench = makeBench('exec', { runtimes, log });
afterAll(async () => {
  await bench.remove();
  rmSync(directory, { recursive: true });
});
const clean = () => expect(bench.remains()).toEqual([]);
const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  );

test('the names that may be given', () => {
  const { names, knows } = bench.runtime;
  expect(Object.keys(names())).toEqual(expect.arrayContaining(['native', 'runc', 'crun', 'recorded', 'absent']));
  expect(names().recorded).toEqual({ path: recorder, args: ['--mark'] });
  expect(['native', 'runc', 'recorded', recorder, 'io.containerd.runc.v2'].map(knows)).not.toContain(false);
  expect(['nosuch', '', 'runc ', '/etc', '/etc/passwd', '/nosuch', 'recorder'].map(knows)).not.toContain(true);
});

test('a configured runtime is called with its arguments, for the container, an exec and their end', async () => {
  const container = await bench.launch(['sleep', '1000'], { runtime: 'recorded' });
  await container.go();
  const { process } = container;
  const exec = await bench.runtime.exec({
    id: newId(),
    token: newToken(),
    containerId: process.id,
    process: { ...container.spec.process, args: ['echo', 'inside'] },
    spec: container.spec,
    stdio: quiet,
    runtime: 'recorded',
  });
  const { socket } = await exec.process.attach({ stdin: false, stdout: true, stderr: true });
  const output = collect(socket);
  await exec.go();
  expect((await exec.process.exited).code).toBe(0);
  await output.ended;
  expect(unframe(output.bytes, 1)).toBe('inside\n');
  await exec.process.release();
  await process.signal(9);
  await process.exited;
  await process.release();
  const said = readFileSync(calls, 'utf8').trim().split('\n');
  expect(said.every((line) => line.startsWith('--mark --root '))).toBe(true);
  expect(said.map((line) => /json (\w+)/.exec(line)?.[1])).toEqual(['create', 'start', 'exec', 'delete']);
  expect(warnings).toEqual([]);
  clean();
});

test('a runtime that is not there, and one that says nothing of its failure', async () => {
  const create = 'failed to create task for container: failed to create shim task: OCI runtime create failed: ';
  const absent = await failure(bench.run(['true'], { runtime: 'absent' }));
  expect(absent.message).toMatch(
    new RegExp(
      `^${create}unable to retrieve OCI runtime error \\(open .*log.json: no such file or directory\\): fork/exec /nowhere/runtime: no such file or directory$`,
    ),
  );
  expect(startExitCode(absent)).toBe(127);
  const mute = await failure(bench.run(['true'], { runtime: 'mute' }));
  expect(mute.message).toStartWith(`${create}unable to retrieve OCI runtime error (open `);
  expect(mute.message).toEndWith('did not terminate successfully');
  expect((await failure(bench.run(['true'], { runtime: 'nosuch' }))).message).toBe(
    'unknown or invalid runtime name: nosuch',
  );
  clean();
});

test('what a runtime says of its failure is in the error alone, not in the output', async () => {
  const pending = await bench.launch(['sleep', '1000'], { runtime: 'by-name' });
  await pending.go();
  const exec = (args: string[]) =>
    bench.runtime.exec({
      id: newId(),
      token: newToken(),
      containerId: pending.process.id,
      process: { ...pending.spec.process, args },
      spec: pending.spec,
      stdio: quiet,
      runtime: 'by-name',
    });

  const failing = await exec(['nosuch']);
  const { socket } = await failing.process.attach({ stdin: false, stdout: true, stderr: true });
  const output = collect(socket);
  expect((await failure(failing.go())).message).toEndWith('exec: "nosuch": executable file not found in $PATH');
  await output.ended;
  expect(output.bytes.toString()).toBe('');

  // A process of an exec ends with its monitor, as the native one does.
  const lonely = await exec(['sleep', '1001']);
  await lonely.go();
  const { pid } = lonely.process;
  process.kill(shimOf(pid), 'SIGKILL');
  expect(await lonely.process.exited).toMatchObject({ code: 137, reason: 'the monitor of the process was killed' });
  await until(() => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  await lonely.process.release();
  expect(await pending.process.pids()).toEqual([pending.process.pid]);
  await pending.process.signal(9);
  await pending.process.exited;
  await pending.process.release();
  clean();
});

test('crun, on a machine that it refuses by itself', async () => {
  const { code, out, err } = await bench.run(['sh', '-c', 'hostname; echo $$; exit 4'], { runtime: 'crun' });
  expect({ code, out, err }).toEqual({ code: 4, out: 'box\n1\n', err: '' });
  const error = await failure(bench.run(['nosuch'], { runtime: 'crun' }));
  expect(error.message).toContain('OCI runtime create failed: executable file `nosuch` not found in $PATH');
  expect(startExitCode(error)).toBe(127);
  const stdio = { tty: true, openStdin: false, stdinOnce: false, size: [12, 34] as [number, number] };
  const pending = await bench.launch(['stty', 'size'], { runtime: 'crun', stdio });
  const { socket } = await pending.process.attach({ stdin: false, stdout: true, stderr: true });
  const output = collect(socket);
  await pending.go();
  await pending.process.exited;
  await output.ended;
  expect(output.bytes.toString()).toBe('12 34\r\n');
  await pending.process.release();
  expect(warnings).toEqual([]);
  clean();
});

test('an engine that dies while a runtime works leaves nothing to the next one', async () => {
  const slow = script(
    'slow',
    `case "$*" in *" create "*) touch ${directory}/working; exec sleep 1000;; esac; exec runc "$@"`,
  );
  const engine = makeBench('exec', { runtimes: { slow: { path: slow, args: [] } } });
  const id = newId();
  try {
    const launching = engine.launch(['true'], { id, runtime: 'slow' }).catch((error: Error) => error);
    await until(() => existsSync(join(directory, 'working')));
    expect(await engine.runtime.sweep(() => false)).toEqual([id]);
    await launching;
    expect(engine.remains()).toEqual([]);
  } finally {
    await engine.remove();
  }
});
