import { expect, test } from 'bun:test';
import { runFilter } from '../../../test/support/bpf.ts';
import type { SpecSeccomp } from '../../oci/index.ts';
import { compileSeccomp, createSeccompCompiler } from './index.ts';
import table from './syscalls.json' with { type: 'json' };

const ALLOW = 0x7fff_0000;
const errno = (number: number) => 0x0005_0000 + number;
const EPERM = errno(1);
const ENOSYS = errno(38);
const KILL = 0;

const interfaces = [
  { name: 'x86_64', machine: 'x64', token: 'SCMP_ARCH_X86_64', audit: 0xc000_003e, base: 0, wide: true },
  { name: 'x86', machine: 'x64', token: 'SCMP_ARCH_X86', audit: 0x4000_0003, base: 0, wide: false },
  { name: 'x32', machine: 'x64', token: 'SCMP_ARCH_X32', audit: 0xc000_003e, base: 0x4000_0000, wide: false },
  { name: 'aarch64', machine: 'arm64', token: 'SCMP_ARCH_AARCH64', audit: 0xc000_00b7, base: 0, wide: true },
  { name: 'arm', machine: 'arm64', token: 'SCMP_ARCH_ARM', audit: 0x4000_0028, base: 0, wide: false },
];
type Interface = (typeof interfaces)[number];
type Rule = SpecSeccomp['syscalls'][number];
type Arg = NonNullable<Rule['args']>[number];

const everything = Object.keys(table.numbers).toSorted();
const numbers = table.numbers as Record<string, number[]>;
const numberIn = (face: Interface, name: string) => numbers[name]?.[table.architectures.indexOf(face.name)] ?? -1;

/** Two thirds of all calls allowed, some with conditions of every kind, one with an errno of its own. */
const profile: SpecSeccomp = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  syscalls: [
    { names: everything.filter((_, index) => index % 3 !== 0), action: 'SCMP_ACT_ALLOW' },
    { names: ['clone3', 'no_such_call'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    rule('clone', [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 2_114_060_288 }]),
    rule('personality', [{ index: 0, op: 'SCMP_CMP_EQ', value: 8 }]),
    rule('personality', [{ index: 0, op: 'SCMP_CMP_EQ', value: 0xffff_ffff }]),
    rule('socket', [{ index: 0, op: 'SCMP_CMP_NE', value: 40 }]),
    rule('madvise', [{ index: 1, op: 'SCMP_CMP_LT', value: 0x1_0000_0005 }]),
    rule('mprotect', [{ index: 1, op: 'SCMP_CMP_LE', value: 0x1_0000_0005 }]),
    rule('mremap', [{ index: 1, op: 'SCMP_CMP_GT', value: 0x1_0000_0005 }]),
    rule('msync', [{ index: 1, op: 'SCMP_CMP_GE', value: 0x1_0000_0005 }]),
    rule('ioctl', [
      { index: 1, op: 'SCMP_CMP_EQ', value: 0x1_0000_0005 },
      { index: 2, op: 'SCMP_CMP_NE', value: 8 },
      { index: 5, op: 'SCMP_CMP_GE', value: 2 },
    ]),
    rule('fcntl', [
      { index: 1, op: 'SCMP_CMP_EQ', value: 5 },
      { index: 1, op: 'SCMP_CMP_EQ', value: 8 },
    ]),
    rule('prctl', [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0x3_0000_000c, valueTwo: 0x1_0000_0004 }]),
  ],
};
const conditional = new Set(profile.syscalls.filter(({ args }) => args).flatMap(({ names }) => names));
const first = profile.syscalls[0] as Rule;
first.names = first.names.filter((name) => !conditional.has(name) && name !== 'clone3');

function highestIn(face: Interface): number {
  return Math.max(...profile.syscalls.flatMap(({ names }) => names).map((name) => numberIn(face, name)));
}

function rule(name: string, args: Arg[]): Rule {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args };
}

/** The profile read naively: what a call of this name comes to. */
function expected(face: Interface, name: string, args: bigint[]): number {
  if (numberIn(face, name) > highestIn(face)) return ENOSYS;
  for (const { names, action, errnoRet = 1, args: conditions } of profile.syscalls) {
    if (!names.includes(name)) continue;
    const results = (conditions ?? []).map((condition) => holds(face, condition, args));
    const repeated = new Set((conditions ?? []).map(({ index }) => index)).size < results.length;
    const matches = repeated ? results.some(Boolean) : results.every(Boolean);
    if (matches) return action === 'SCMP_ACT_ALLOW' ? ALLOW : errno(errnoRet);
  }
  return EPERM;
}

function holds({ wide }: Interface, { index, op, value, valueTwo = 0 }: Arg, args: bigint[]): boolean {
  const cut = (number: number | bigint) => (wide ? BigInt(number) : BigInt(number) & 0xffff_ffffn);
  const [argument, wanted, second] = [cut(args[index] ?? 0n), cut(value), cut(valueTwo)];
  const results: Record<string, boolean> = {
    SCMP_CMP_EQ: argument === wanted,
    SCMP_CMP_NE: argument !== wanted,
    SCMP_CMP_LT: argument < wanted,
    SCMP_CMP_LE: argument <= wanted,
    SCMP_CMP_GT: argument > wanted,
    SCMP_CMP_GE: argument >= wanted,
    SCMP_CMP_MASKED_EQ: (argument & wanted) === (second & wanted),
  };
  return results[op] as boolean;
}

const values =
  `0 1 2 4 5 6 8 12 39 40 41 0xfffffffe 0xffffffff 0x7e020000 0x10000000 0x100000000 0x100000004 0x100000005
  0x100000006 0x200000005 0x300000004 0x2800000028 0xffffffffffffffff`
    .split(/\s+/)
    .map(BigInt);
const vectors = [
  ...values.map((value) => Array.from({ length: 6 }, () => value)),
  ...values.map((value) => [value, 0x1_0000_0005n, 9n, 0n, 0n, value]),
  ...values.map((value) => [0n, 0x1_0000_0005n, value, 0n, 0n, 7n]),
];

for (const face of interfaces) {
  const tokens = interfaces.filter(({ machine }) => machine === face.machine).map(({ token }) => token);
  const { program } = compileSeccomp({ ...profile, architectures: tokens }, face.machine);

  test(`${face.name}: every call comes to what the profile says`, () => {
    for (const name of everything) {
      const number = numberIn(face, name);
      // The two calls that stand for many are looked at below.
      if (number < 0 || name === 'socketcall' || name === 'ipc') continue;
      for (const args of conditional.has(name) ? vectors : [vectors[0] as bigint[]]) {
        const got = runFilter(program, { number: number + face.base, audit: face.audit, args });
        expect([name, args, got]).toEqual([name, args, expected(face, name, args)]);
      }
    }
  });

  test(`${face.name}: numbers beyond the profile are ENOSYS, holes in the table the default`, () => {
    const highest = highestIn(face);
    const used = new Set(everything.map((name) => numberIn(face, name)));
    const hole = Array.from({ length: highest }, (_, number) => number).find((number) => !used.has(number)) as number;
    const verdict = (number: number) => runFilter(program, { number: number + face.base, audit: face.audit, args: [] });
    expect(verdict(highest + 1)).toBe(ENOSYS);
    expect(verdict(0x3fff_ffff)).toBe(ENOSYS);
    if (hole !== undefined) expect(verdict(hole)).toBe(EPERM);
  });
}

test('other interfaces than the listed ones kill', () => {
  const { program } = compileSeccomp({ ...profile, architectures: ['SCMP_ARCH_X86_64'] }, 'x64');
  const verdict = (number: number, audit: number) => runFilter(program, { number, audit, args: [] });
  expect(verdict(1, 0xc000_003e)).toBe(expected(interfaces[0] as Interface, 'write', []));
  expect(verdict(3, 0x4000_0003)).toBe(KILL);
  expect(verdict(0x4000_0000, 0xc000_003e)).toBe(KILL);
  expect(verdict(0xffff_ffff, 0xc000_003e)).toBe(EPERM);
  expect(verdict(63, 0xc000_00b7)).toBe(KILL);
});

test('socketcall and ipc open for the calls that the profile allows, by their first argument', () => {
  const allow = { names: ['bind', 'shmat'], action: 'SCMP_ACT_ALLOW' };
  const { program } = compileSeccomp(
    {
      ...profile,
      architectures: ['SCMP_ARCH_X86'],
      syscalls: [allow, rule('socket', [{ index: 0, op: 'SCMP_CMP_NE', value: 40 }])],
    },
    'x64',
  );
  const verdict = (number: number, arg: bigint) => runFilter(program, { number, audit: 0x4000_0003, args: [arg] });
  expect([1n, 2n, 3n].map((call) => verdict(102, call))).toEqual([ALLOW, ALLOW, EPERM]);
  expect([20n, 21n, 22n].map((call) => verdict(117, call))).toEqual([EPERM, ALLOW, EPERM]);
});

test('an unconditional rule beats conditional ones, wherever it stands; of two that contradict the first holds', () => {
  const audit = 0xc000_003e;
  const open = { names: ['personality'], action: 'SCMP_ACT_ALLOW' };
  const narrow = rule('personality', [{ index: 0, op: 'SCMP_CMP_EQ', value: 8 }]);
  for (const syscalls of [
    [open, narrow],
    [narrow, open],
  ]) {
    const { program } = compileSeccomp({ ...profile, syscalls }, 'x64');
    expect(runFilter(program, { number: 135, audit, args: [7n] })).toBe(ALLOW);
  }
  const contrary = { names: ['personality'], action: 'SCMP_ACT_KILL' };
  const { program } = compileSeccomp({ ...profile, syscalls: [open, contrary] }, 'x64');
  expect(runFilter(program, { number: 135, audit, args: [7n] })).toBe(ALLOW);
});

function verdictOf(action: string, errnoRet?: number): number {
  const rule = { names: ['read'], action, ...(errnoRet !== undefined && { errnoRet }) };
  const { program } = compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }, 'x64');
  // Where the default lets through, what the profile does not name goes through as well.
  expect(runFilter(program, { number: 5000, audit: 0xc000_003e, args: [] })).toBe(ALLOW);
  return runFilter(program, { number: 0, audit: 0xc000_003e, args: [] });
}

const flagsOf = (flags?: string[]) => compileSeccomp({ ...profile, ...(flags && { flags }) }, 'x64').flags;

test('all 64 bits, which JSON has as 2^64', () => {
  const full = rule('personality', [{ index: 0, op: 'SCMP_CMP_EQ', value: Number('18446744073709551615') }]);
  const { program } = compileSeccomp({ ...profile, syscalls: [full] }, 'x64');
  const verdict = (value: bigint) => runFilter(program, { number: 135, audit: 0xc000_003e, args: [value] });
  expect([verdict(0xffff_ffff_ffff_ffffn), verdict(0n)]).toEqual([ALLOW, EPERM]);
});

test('actions and flags', () => {
  expect(verdictOf('SCMP_ACT_ERRNO')).toBe(EPERM);
  expect(verdictOf('SCMP_ACT_ERRNO', 13)).toBe(errno(13));
  expect(verdictOf('SCMP_ACT_KILL')).toBe(KILL);
  expect(verdictOf('SCMP_ACT_KILL_PROCESS')).toBe(0x8000_0000);
  expect(verdictOf('SCMP_ACT_TRAP')).toBe(0x0003_0000);
  expect(verdictOf('SCMP_ACT_TRACE', 7)).toBe(0x7ff0_0007);
  expect(verdictOf('SCMP_ACT_LOG')).toBe(0x7ffc_0000);
  expect(flagsOf()).toBe(4);
  expect(flagsOf([])).toBe(0);
  expect(flagsOf(['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'])).toBe(2);
});

const compileOne = (syscall: Partial<Rule>) =>
  compileSeccomp({ ...profile, syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', ...syscall }] }, 'x64');

test('what no filter can be made of is refused', () => {
  expect(() => compileOne({ action: 'SCMP_ACT_NOTIFY' })).toThrow('seccomp listenerPath is not set');
  expect(() => compileOne({ action: 'ALLOW' })).toThrow('string ALLOW is not a valid action for seccomp');
  expect(() => compileOne({ args: [{ index: 0, op: 'EQ', value: 1 }] })).toThrow(
    'string EQ is not a valid operator for seccomp',
  );
  expect(() => compileOne({ args: [{ index: 6, op: 'SCMP_CMP_EQ', value: 1 }] })).toThrow(
    'syscalls only have up to 6 arguments (6 given)',
  );
  expect(() => compileOne({ args: [{ index: 0, op: 'SCMP_CMP_EQ', value: -1 }] })).toThrow('invalid value');
  expect(() => compileSeccomp({ ...profile, architectures: ['SCMP_ARCH_VAX'] }, 'x64')).toThrow(
    'string SCMP_ARCH_VAX is not a valid arch for seccomp',
  );
  expect(() => compileSeccomp(profile, 'ia32')).toThrow('no system call table');
  expect(() => compileSeccomp({ ...profile, flags: ['FLAG'] }, 'x64')).toThrow(
    'seccomp flag FLAG is not known to runc',
  );
});

test('the same profile is compiled once', () => {
  const compile = createSeccompCompiler(2);
  const one = compile(profile);
  expect(compile(structuredClone(profile))).toBe(one);
  compile({ ...profile, defaultErrnoRet: 2 });
  compile({ ...profile, defaultErrnoRet: 3 });
  expect(compile(profile)).not.toBe(one);
  expect(compile(profile)).toEqual(one);
});
