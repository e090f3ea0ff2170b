// The filter that a container has in the kernel: what the compiler made, and the same verdicts as runc's with libseccomp.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpecSeccomp } from '../../src/oci/index.ts';
import { compileSeccomp } from '../../src/runtime/seccomp/index.ts';
import table from '../../src/runtime/seccomp/syscalls.json' with { type: 'json' };
import { runFilter } from '../support/bpf.ts';
import { must } from '../support/command.ts';
import { createBench, type Options, type SideName } from './confinement-run.ts';

const numbers = table.numbers as Record<string, number[]>;
const directory = mkdtempSync(join(tmpdir(), 'tug-dump-filter-'));
const dumper = join(directory, 'dump-filter');
let bench: Awaited<ReturnType<typeof createBench>>;

beforeAll(async () => {
  await must(['cc', '-O1', '-Wall', '-o', dumper, join(import.meta.dirname, '../support/dump-filter.c')]);
  bench = await createBench();
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  expect(await bench.dispose({ keepCaptures: false })).toEqual([]);
});

/** The one filter of a container's process, and the profile it was made from. */
function filterOf(name: string, side: SideName, options: Options): Promise<{ program: Buffer; profile: SpecSeccomp }> {
  return bench.holding(name, side, options, async ({ pid }, { spec }) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([dumper, String(pid), '0']);
    expect([exitCode, stderr.toString()]).toEqual([0, '']);
    expect(Bun.spawnSync([dumper, String(pid), '1']).exitCode).toBe(2);
    return { program: stdout, profile: spec.linux.seccomp as SpecSeccomp };
  });
}

// Debian 12's libseccomp knows the calls of Linux 5.17 (the last of them 450), and none that came later at a lower number.
const known = (name: string) =>
  (numbers[name]?.[0] ?? -1) <= 450 && !/^u(ret)?probe$/.test(name) && Object.hasOwn(numbers, name);

function knownToBoth({ linux }: { linux: { seccomp?: SpecSeccomp } }): void {
  for (const rule of linux.seccomp?.syscalls ?? []) rule.names = rule.names.filter(known);
}

const allow = (name: string, ...args: [index: number, op: string, value: number, valueTwo?: number][]) => ({
  names: [name],
  action: 'SCMP_ACT_ALLOW',
  args: args.map(([index, op, value, valueTwo = 0]) => ({ index, op: `SCMP_CMP_${op}`, value, valueTwo })),
});
const far = 0x1_0000_0005;
/** Enough for a shell and runc's own last steps, and one call for each kind of condition. */
const conditional: SpecSeccomp = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 7,
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    {
      names: Object.keys(numbers)
        .filter(known)
        .filter((name) => !/^(io_|sched_|timer_|mq_|key|move_|swap|socket|shm|ipc|vm|tee|splice)/.test(name)),
      action: 'SCMP_ACT_ALLOW',
    },
    allow('io_cancel', [0, 'EQ', far]),
    allow('io_destroy', [0, 'NE', far]),
    allow('io_getevents', [1, 'LT', far]),
    allow('io_pgetevents', [1, 'LE', far]),
    allow('io_setup', [2, 'GT', far]),
    allow('io_submit', [2, 'GE', far]),
    allow('sched_getattr', [5, 'MASKED_EQ', 0x3_0000_000c, 0x1_0000_0004]),
    allow('sched_setattr', [0, 'EQ', 1], [1, 'NE', 1], [4, 'GE', 5]),
    allow('sched_yield', [1, 'EQ', 5], [1, 'EQ', 8]),
    allow('timer_create', [0, 'EQ', 1]),
    allow('timer_create', [0, 'EQ', 39], [1, 'EQ', 39]),
    allow('socket', [0, 'NE', 40]),
    allow('shmat'),
    { names: ['mq_open'], action: 'SCMP_ACT_KILL_PROCESS' },
    { names: ['mq_unlink'], action: 'SCMP_ACT_TRAP' },
    { names: ['mq_notify'], action: 'SCMP_ACT_TRACE', errnoRet: 3 },
    { names: ['mq_timedsend'], action: 'SCMP_ACT_LOG' },
    { names: ['mq_timedreceive'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    { names: ['mq_getsetattr'], action: 'SCMP_ACT_KILL' },
  ],
};

const values =
  `0 1 4 5 6 8 12 39 40 41 0x20008 0xfffffffe 0xffffffff 0x7e020000 0x10000000 0x100000000 0x100000004 0x100000005 0x100000006
  0x200000005 0x2800000028 0xffffffffffffffff`
    .split(/\s+/)
    .map(BigInt);
const vectors = values.flatMap((value) => [Array.from({ length: 6 }, () => value), [1n, value, 0n, 0n, value, 0n]]);
const interfaces = { x86_64: 0xc000_003e, x86: 0x4000_0003, aarch64: 0xc000_00b7 };

/** Calls on which the two programs disagree; all vectors are tried where the profile looks at arguments. */
function disagreements(one: Uint8Array, other: Uint8Array, profile: SpecSeccomp): string[] {
  const found: string[] = [];
  const names = profile.syscalls.filter(({ args }) => args?.length).flatMap(({ names }) => names);
  const looked = new Set([...names, 'socketcall', 'ipc'].flatMap((name) => numbers[name] ?? []));
  const ordinary = Array.from({ length: 600 }, (_, number) => number);
  const calls = [...ordinary, ...ordinary.map((number) => number + 0x4000_0000), 0x3fff_ffff, 0x8000_0000, 0xffff_ffff];
  for (const [name, audit] of Object.entries(interfaces)) {
    for (const number of calls) {
      for (const args of looked.has(number & 0xffff) ? vectors : vectors.slice(0, 2)) {
        const verdicts = [one, other].map((program) => runFilter(program, { number, audit, args }).toString(16));
        if (verdicts[0] !== verdicts[1]) found.push(`${name} ${number} (${args}): ${verdicts}`);
      }
    }
  }
  return found;
}

const sets: Record<string, Options> = {
  'the default profile': { change: knownToBoth },
  'the default profile with capabilities': { host: { CapAdd: ['ALL'] }, change: knownToBoth },
  'the default profile without any': { host: { CapDrop: ['ALL'] }, change: knownToBoth },
  'no new privileges': { host: { SecurityOpt: ['no-new-privileges'] }, change: knownToBoth },
  'every kind of condition and action': { change: ({ linux }) => void Object.assign(linux, { seccomp: conditional }) },
};

for (const [name, options] of Object.entries(sets)) {
  test(`${name}: the kernel holds what was compiled, and it says what libseccomp's filter says`, async () => {
    const ours = await filterOf(name, 'tug', options);
    const theirs = await filterOf(name, 'runc', options);
    expect(ours.program.equals(compileSeccomp(ours.profile).program)).toBe(true);
    expect(disagreements(ours.program, theirs.program, ours.profile).slice(0, 20)).toEqual([]);
  }, 30_000);
}

test('a rule that differs is found', async () => {
  const theirs = await filterOf('planted', 'runc', { change: knownToBoth });
  const [first, ...rest] = theirs.profile.syscalls;
  const names = first?.names.filter((name) => name !== 'mq_open') ?? [];
  const { program } = compileSeccomp({ ...theirs.profile, syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }, ...rest] });
  expect(disagreements(program, theirs.program, theirs.profile).length).toBeGreaterThan(0);
}, 30_000);
