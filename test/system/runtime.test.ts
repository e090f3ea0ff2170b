import { afterAll, expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readonlyCopy, spawnDetached } from '../../src/host/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { startExitCode } from '../../src/runtime/index.ts';
import { chosenRuntime, collect, makeBench, quiet, shimOf, unframe, until } from '../support/runtime.ts';

const bench = makeBench();
afterAll(() => bench.remove());

const clean = () => expect(bench.remains()).toEqual([]);
const failure = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
};

test('prints, ends with its code, leaves nothing', async () => {
  const { code, out, err } = await bench.run(['sh', '-c', 'echo hello; echo oops >&2; hostname; exit 7']);
  expect({ code, out, err }).toEqual({ code: 7, out: 'hello\nbox\n', err: 'oops\n' });
  clean();
});

test('one start after another', async () => {
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    expect(await bench.run(['true'])).toEqual({ code: 0, oom: false, out: '', err: '' });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(`launch to release: median ${times[7]?.toFixed(1)} ms, least ${times[0]?.toFixed(1)} ms`);
});

const asUser = (spec: RuntimeSpec) => {
  spec.process.user = { uid: 1234, gid: 56 };
};
const tightMemory = (spec: RuntimeSpec) => {
  spec.linux.resources.memory = { limit: 32 << 20, swap: 32 << 20 };
};
const hostPids = (spec: RuntimeSpec) => {
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'pid');
};

const init =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';
const refused: [args: string[], text: string, code: number][] = [
  [['nosuchcmd'], 'exec: "nosuchcmd": executable file not found in $PATH', 127],
  [['/nosuch'], 'exec: "/nosuch": stat /nosuch: no such file or directory', 127],
  [['etc'], 'exec: "etc": executable file not found in $PATH', 127],
  [[''], 'exec: "": executable file not found in $PATH', 127],
  [['/etc'], 'exec: "/etc": is a directory: permission denied', 126],
  [['/etc/plain'], 'exec: "/etc/plain": permission denied', 126],
];

/** Another runtime has its own words, older or newer ones, between Docker's prefix and the kernel's reason. */
const ownWords = (text: string) =>
  new RegExp(`^failed to create task .*OCI runtime create failed: .*${lastWords(text)}$`, 's');
const lastWords = (text: string) => text.slice(text.lastIndexOf(': ') + 2).replace('$', '[$]');

for (const [args, text, code] of refused) {
  test(`cannot execute ${JSON.stringify(args[0])}`, async () => {
    const error = await failure(bench.run(args));
    if (chosenRuntime) expect(error.message).toMatch(ownWords(text));
    else expect(error.message).toBe(init + text);
    expect(startExitCode(error)).toBe(code);
    clean();
  });
}

test('what only the kernel can refuse to execute has started, and says so itself', async () => {
  expect(await bench.run(['noformat'])).toEqual({
    code: chosenRuntime ? 1 : 255, // runc's, until 1.2
    oom: false,
    out: '',
    err: 'exec /bin/noformat: exec format error\n',
  });
});

test('a file as working directory, a directory on a file, a limit out of reach', async () => {
  const cwd = await failure(
    bench.run(['true'], { change: (spec) => void Object.assign(spec.process, { cwd: '/etc/plain' }) }),
  );
  expect(cwd.message).toContain('/etc/plain');
  const mount = { destination: '/etc/plain', type: 'bind', source: '/etc', options: ['rbind'] };
  const bind = await failure(bench.run(['true'], { change: (spec) => void spec.mounts.push(mount) }));
  expect(bind.message).toContain('error mounting "/etc" to rootfs at "/etc/plain"');
  const hint = ': Are you trying to mount a directory onto a file'; // which runc gives since 1.2
  expect(bind.message).toContain(`not a directory${chosenRuntime ? '' : hint}`);
  const missing = { ...mount, destination: '/x', source: '/nosuch-source' };
  const absent = await failure(bench.run(['true'], { change: (spec) => void spec.mounts.push(missing) }));
  expect(absent.message).toContain('no such file or directory');
  clean();
});

test('stdin reaches the process, and its end closes it once', async () => {
  const pending = await bench.launch(['cat'], { stdio: { tty: false, openStdin: true, stdinOnce: true } });
  const { socket } = await pending.process.attach({ stdin: true, stdout: true, stderr: false });
  const output = collect(socket);
  const sent = 'x'.repeat(300_000);
  socket.end(sent);
  await pending.go();
  expect((await pending.process.exited).code).toBe(0);
  await output.ended;
  expect(unframe(output.bytes, 1)).toBe(sent);
  await pending.process.release();
});

test('without stdinOnce the end of one stdin is not the end of all', async () => {
  const stdio = { tty: false, openStdin: true, stdinOnce: false };
  const pending = await bench.launch(['sh', '-c', 'read a; read b; echo $a $b'], { stdio });
  await pending.go();
  const first = await pending.process.attach({ stdin: true, stdout: true, stderr: true });
  const output = collect(first.socket);
  first.socket.end('one\n');
  await Bun.sleep(50);
  const second = await pending.process.attach({ stdin: true, stdout: false, stderr: false });
  second.socket.end('two\n');
  await pending.process.exited;
  await output.ended;
  expect(unframe(output.bytes, 1)).toBe('one two\n');
  await pending.process.release();
});

test('a terminal has a size, changes it, and is the controlling one', async () => {
  const stdio = { tty: true, openStdin: true, stdinOnce: true, size: [33, 99] as [number, number] };
  const pending = await bench.launch(['sh', '-c', 'stty size; read x; stty size; tty; echo via-tty >/dev/tty'], {
    stdio,
  });
  const { socket } = await pending.process.attach({ stdin: true, stdout: true, stderr: true });
  const output = collect(socket);
  await pending.go();
  await until(() => output.bytes.includes('33 99'));
  await pending.process.resize(40, 120);
  socket.write('\n');
  await pending.process.exited;
  await output.ended;
  expect(output.bytes.toString()).toContain('40 120\r\n/dev/pts/0\r\nvia-tty\r\n');
  await pending.process.release();
  clean();
});

test('resize without a terminal and signals after the end are refused', async () => {
  const pending = await bench.launch(['sleep', '100']);
  await pending.go();
  expect((await failure(pending.process.resize(1, 1))).message).toContain('no terminal');
  await pending.process.signal(9);
  expect((await pending.process.exited).code).toBe(137);
  expect((await failure(pending.process.signal(9))).message).toContain('has ended');
  expect((await failure(pending.process.attach({ stdin: false, stdout: true, stderr: true }))).message).toBe(
    'the process has ended',
  );
  await pending.process.release();
});

test('/dev/stdout can be opened again by the container’s user', async () => {
  const { code, out } = await bench.run(['sh', '-c', 'echo again > /dev/stdout; id -u; id -g'], { change: asUser });
  expect({ code, out }).toEqual({ code: 0, out: 'again\n1234\n56\n' });
});

test('the OOM killer is told of', async () => {
  const { code, oom } = await bench.run(['tail', '/dev/zero'], { change: tightMemory });
  expect({ code, oom }).toEqual({ code: 137, oom: true });
  clean();
});

test('in the host’s pid namespace the end of the first process is the end of all', async () => {
  const mark = `31${Date.now() % 1_000_000}`;
  const pending = await bench.launch(['sh', '-c', `sleep ${mark} & sleep ${mark} & echo; read x`], {
    change: hostPids,
    stdio: { ...quiet, openStdin: true },
  });
  await pending.go();
  const { process } = pending;
  let pids: number[] = [];
  for (const start = Date.now(); pids.length < 3 && Date.now() - start < 3000; pids = await process.pids());
  expect(pids.length).toBe(3);
  await process.signal(9);
  await process.exited;
  expect(
    pids.filter((pid) => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)),
  ).toEqual([]);
  await process.release();
  clean();
});

test('exec: namespaces, code, terminal, stdin, words', async () => {
  const container = await bench.launch(['sleep', '1000']);
  await container.go();
  const run = async (args: string[], stdio = quiet, input?: string) => {
    const pending = await bench.exec(container, args, stdio);
    const { socket } = await pending.process.attach({ stdin: input !== undefined, stdout: true, stderr: true });
    const output = collect(socket);
    if (input !== undefined) socket.end(input);
    await pending.go();
    const { code } = await pending.process.exited;
    await output.ended;
    await pending.process.release();
    return { code, text: stdio.tty ? output.bytes.toString() : unframe(output.bytes, 1) };
  };
  const same =
    'for n in pid mnt net ipc uts; do [ "$(readlink /proc/self/ns/$n)" = "$(readlink /proc/1/ns/$n)" ] || echo $n; done; hostname; exit 3';
  expect(await run(['sh', '-c', same])).toEqual({ code: 3, text: 'box\n' });
  expect(await run(['cat'], { tty: false, openStdin: true, stdinOnce: true }, 'in\n')).toEqual({
    code: 0,
    text: 'in\n',
  });
  expect(await run(['stty', 'size'], { tty: true, openStdin: true, stdinOnce: true, size: [11, 22] })).toEqual({
    code: 0,
    text: '11 22\r\n',
  });
  const cgroup = readFileSync(`/proc/${container.process.pid}/cgroup`, 'utf8');
  expect((await run(['cat', '/proc/self/cgroup'])).text).toBe(cgroup);
  const error = await failure(run(['nosuch']));
  expect(error.message).toBe(
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH',
  );
  const began = Date.now();
  expect((await run(['sh', '-c', '(sleep 20 &); echo left'])).text).toBe('left\n');
  expect(Date.now() - began).toBeLessThan(4000);
  await container.process.signal(9);
  await container.process.exited;
  const late = await bench.exec(container, ['true'], quiet);
  expect((await failure(late.go())).message).toBe('cannot exec in a stopped container');
  await container.process.release();
  clean();
});

test('many readers at once, one of them slow: nobody loses a byte', async () => {
  const bytes = 3_000_000;
  const pending = await bench.launch(['sh', '-c', `yes 0123456789 | head -c ${bytes}`]);
  const attached = await Promise.all(
    [0, 1, 2].map(() => pending.process.attach({ stdin: false, stdout: true, stderr: true })),
  );
  const [slow, ...fast] = attached;
  const outputs = fast.map(({ socket }) => collect(socket));
  await pending.go();
  await Bun.sleep(300);
  expect(outputs[0]?.bytes.length).toBeLessThan(bytes);
  const late = slow && collect(slow.socket);
  await pending.process.exited;
  await Promise.all([...outputs, ...(late ? [late] : [])].map(({ ended }) => ended));
  const expected = '0123456789\n'.repeat(bytes / 11 + 1).slice(0, bytes);
  for (const { bytes } of [...outputs, ...(late ? [late] : [])]) expect(unframe(bytes, 1) === expected).toBe(true);
  await pending.process.release();
});

test('abort leaves nothing', async () => {
  const pending = await bench.launch(['true']);
  await pending.abort();
  clean();
});

test('a killed monitor takes its container along, and is told of', async () => {
  const pending = await bench.launch(['sleep', '1000']);
  await pending.go();
  const { pid } = pending.process;
  process.kill(shimOf(pid), 'SIGKILL');
  const exit = await pending.process.exited;
  expect(exit).toMatchObject({ code: 137, reason: 'the monitor of the process was killed' });
  // A zombie is for the init of this machine to reap.
  await until(() => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  await pending.process.release();
  clean();
});

test('a monitor is small and has given up its powers', async () => {
  const pending = await bench.launch(['sleep', '1000']);
  await pending.go();
  const shim = shimOf(pending.process.pid);
  const status = readFileSync(`/proc/${shim}/status`, 'utf8');
  expect(status).toContain('CapEff:\t0000000000000022');
  expect(status).toContain('Seccomp:\t2');
  const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${shim}/smaps_rollup`, 'utf8')) ?? [];
  console.log(`PSS of a shim: ${kilobytes} kB`);
  expect(Number(kilobytes)).toBeLessThan(1500);
  // Its buffers take no huge pages, wherever the host gives them to everybody.
  expect(readFileSync(`/proc/${shim}/smaps`, 'utf8')).toMatch(/^VmFlags: .*\bnh\b/m);
  await pending.process.signal(9);
  await pending.process.exited;
  await pending.process.release();
});

test('a deep exec root, and a program that runs from a read-only mount', async () => {
  const deep = makeBench(`${'d'.repeat(80)}/${'e'.repeat(80)}`);
  try {
    expect((await deep.run(['echo', 'deep'])).out).toBe('deep\n');
  } finally {
    await deep.remove();
  }
  const mark = join(bench.directory, 'mark');
  const copy = readonlyCopy('program', Buffer.from(readFileSync('/bin/busybox')), bench.directory);
  spawnDetached(copy, 'true', []);
  expect(() => writeFileSync(`/proc/self/fd/${copy}`, 'x')).toThrow();
  expect(existsSync(mark)).toBe(false);
});
