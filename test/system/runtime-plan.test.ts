import { afterAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, listenUnix, sealedMemory, sealedProgram } from '../../src/host/index.ts';
import { newToken } from '../../src/kit/index.ts';
import { encodePlan, encodeSecondHalf } from '../../src/runtime/plan/encode.ts';
import type { Step } from '../../src/runtime/plan/steps.ts';
import { openConnection } from '../../src/runtime/process/connection.ts';
import { makeDirectory } from '../../src/runtime/process/directory.ts';
import { createCalm } from '../../src/runtime/spare/calm.ts';
import { createShims } from '../../src/runtime/spare/shims.ts';
import { builtShim, makeBench } from '../support/runtime.ts';

const bench = makeBench();
const program = sealedProgram('tug-shim', readFileSync(builtShim()), bench.directory);
const shims = createShims(program, createCalm(5), 1000);
afterAll(async () => {
  shims.close();
  closeFd(program);
  await bench.remove();
});

const clone: Step = { op: 'clone', flags: 0x20000 | 0x20000000 | 0x8000000 };
const root: Step = { op: 'root', at: join(bench.execRoot, 'rootfs'), propagation: 0x84000 };
const pivot: Step = { op: 'pivot', readonly: false, propagation: 0 };
const gate: Step = { op: 'gate' };
const cwd: Step = { op: 'cwd', path: '/', create: false };
const capabilities: Step = { op: 'capabilities', effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n };
const ids: Step = { op: 'ids', uid: 0, gid: 0, groups: [], umask: -1 };
const exec: Step = { op: 'exec', args: ['true'], env: ['PATH=/bin'] };
const whole = [clone, root, pivot, gate, cwd, ids, capabilities, exec];

const encode = (steps: Step[], halved = false) =>
  encodePlan(
    {
      kind: 'container',
      id: 'plan',
      token: newToken(),
      boot: 'boot',
      stdio: { tty: false, openStdin: false, stdinOnce: false },
      owner: 0,
      reserved: 0,
      hasNetwork: false,
      halved,
    },
    steps,
  );

/** What a shim says of a plan, in one or in two halves: `ready`, or its refusal. It must say something. */
async function verdict(plan: Uint8Array, second?: Uint8Array): Promise<string> {
  const directory = makeDirectory(join(bench.execRoot, 'containers', 'plan'), { token: 't', boot: 'b', cgroup: '' });
  const [listener, memory, tree] = [listenUnix(directory.fd, 'sock'), sealedMemory('plan', plan), bench.box.root()];
  const opening = openConnection(directory.socket);
  const rest = sealedMemory('plan', second ?? new Uint8Array());
  if (second) shims.begin([memory, listener, directory.fd, directory.fd]).finish(rest, tree, 0);
  else shims.start([memory, listener, directory.fd, tree]);
  for (const fd of [listener, memory, tree, rest]) closeFd(fd);
  const connection = await opening;
  const said = Promise.withResolvers<string>();
  connection.listen((message) => {
    if (message.type === 'failed') said.resolve(message.failure.text);
    if (message.type === 'ready' || (message.type === 'hello' && message.state === 'waiting')) said.resolve('ready');
  });
  void connection.closed.then(() => said.resolve('(silence)'));
  const answer = await said.promise;
  if (answer === 'ready') await connection.request({ type: 'abort' });
  await connection.closed;
  directory.remove();
  return answer;
}

test('a whole plan is carried out', async () => {
  expect(await verdict(encode(whole))).toBe('ready');
});

test('a plan in two halves is carried out', async () => {
  const [first, ...rest] = whole;
  expect(await verdict(encode([first as Step], true), encodeSecondHalf(rest))).toBe('ready');
});

const inside: Step = { op: 'netInside', message: new Uint8Array(16) };
const halves: [name: string, first: Step[], second: () => Uint8Array, reason: string][] = [
  ['no second half', [clone], () => new Uint8Array(4), 'plan of unusable size'],
  ['a first half for a second', [clone], () => encode(whole), 'no plan'],
  ['no gate', [clone], () => encodeSecondHalf([root, pivot, cwd, ids, capabilities, exec]), 'step missing'],
  ['the clone again', [clone], () => encodeSecondHalf(whole), 'step out of order'],
  ['the network too late', [clone], () => encodeSecondHalf([inside, root, pivot, gate, exec]), 'step out of order'],
  ['the root too early', [clone, root], () => encodeSecondHalf([pivot, gate, exec]), 'step of the second half'],
  ['no clone', [], () => encodeSecondHalf([root, pivot, gate, exec]), 'step missing or misplaced'],
];
for (const [name, first, second, reason] of halves) {
  test(`a plan in two halves is refused: ${name}`, async () => {
    expect(await verdict(encode(first, true), second())).toBe(reason);
  });
}

const without = (step: Step) => whole.filter((other) => other !== step);
const refused: [name: string, plan: () => Uint8Array, reason: string][] = [
  ['no gate', () => encode(without(gate)), 'step missing'],
  ['no exec', () => encode(without(exec)), 'step missing'],
  ['no pivot', () => encode(without(pivot)), 'step missing or misplaced'],
  ['pivot before root', () => encode([clone, pivot, root, gate, cwd, exec]), 'step out of order'],
  [
    'capabilities before ids',
    () => encode([clone, root, pivot, gate, cwd, capabilities, ids, exec]),
    'step out of order',
  ],
  [
    'mount after pivot',
    () => encode([clone, root, pivot, { op: 'mkdir', target: '/x', mode: 0o755 }, gate, exec]),
    'step out of order',
  ],
  ['exec twice', () => encode([...whole, exec]), 'step repeated'],
  [
    'no mount namespace',
    () => encode([{ op: 'clone', flags: 0x20000000 }, ...without(clone)]),
    'root without a mount namespace',
  ],
  ['no arguments', () => encode([...without(exec), { op: 'exec', args: [], env: [] }]), 'exec without arguments'],
  [
    'half a filter',
    () => encode([...without(exec), { op: 'seccomp', program: new Uint8Array(12), flags: 0 }, exec]),
    'malformed filter',
  ],
  [
    'a console without tty',
    () => encode([clone, root, { op: 'console', target: '', uid: 0 }, pivot, gate, exec]),
    'console and tty disagree',
  ],
  ['cut off', () => encode(whole).subarray(0, -1), 'plan of another length'],
  ['more behind', () => Buffer.concat([encode(whole), Buffer.alloc(3)]), 'plan of another length'],
  ['nothing', () => new Uint8Array(4), 'plan of unusable size'],
  ['another thing', () => new Uint8Array(400), 'no plan'],
  ['another version', () => changed(encode(whole), 4, 99), 'plan of another version'],
];
for (const [name, plan, reason] of refused) {
  test(`a plan is refused: ${name}`, async () => {
    expect(await verdict(plan())).toBe(reason);
  });
}

function changed(plan: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(plan);
  copy[at] = value;
  return copy;
}

test('a changed plan is refused or carried out, but never met with silence', async () => {
  const seed = Number(process.env.TUG_SEED ?? Date.now() % 1_000_000);
  console.log(`TUG_SEED=${seed}`);
  let random = seed;
  const next = (below: number) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return (random >>> 8) % below;
  };
  const plan = encode(whole);
  // Between the header and the clone, lengths and numbers of steps: where a reader goes wrong.
  for (let round = 0; round < 60; round++) {
    const mutant = changed(plan, 8 + next(plan.length - 8), next(256));
    const cut = next(4) === 0 ? mutant.subarray(0, next(mutant.length)) : mutant;
    if (cut.length >= 12) new DataView(cut.buffer, cut.byteOffset).setUint32(8, cut.length, true);
    expect(await verdict(cut)).not.toBe('(silence)');
  }
  expect(bench.remains()).toEqual([]);
});
