import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { SpecSeccomp } from '../../../oci/index.ts';
import { capabilityNames, containerCapabilities } from '../process/capabilities.ts';
import { defaultProfile } from './default-profile.ts';
import { parseProfile, resolveProfile } from './profile.ts';

const machine = { architecture: 'amd64' as const, kernel: [6, 12] as [number, number] };

/** One text for one set of rules, whatever their order. */
function canonical(seccomp: SpecSeccomp | undefined): string {
  if (!seccomp) return 'none';
  const rules = seccomp.syscalls.flatMap(({ names, action, errnoRet, args }) =>
    names.map((name) =>
      [name, action, errnoRet ?? '', (args ?? []).map(({ index, value, op }) => `${index} ${op} ${value}`)].join(),
    ),
  );
  const head = [seccomp.defaultAction, seccomp.defaultErrnoRet, seccomp.architectures];
  return [head.join(), ...new Set(rules)].toSorted().join('\n');
}

const digest = (capabilities: string[]): string =>
  createHash('sha256')
    .update(canonical(resolveProfile(defaultProfile, capabilities, machine)))
    .digest('hex')
    .slice(0, 16);

const caps = (add: string[], drop: string[] = []): string[] =>
  containerCapabilities({ add, drop, privileged: false }, capabilityNames);

// What Docker 28.5.2 hands to runc on x86-64 for the same options, by the same reckoning.
test.each([
  [[], [], '20d1c4eeea749f3c'],
  [['NET_ADMIN'], ['ALL'], '94000eef88763081'],
  [['ALL'], ['SYS_ADMIN', 'MKNOD', 'SYS_RESOURCE'], 'cb19c0fa8b04caf0'],
  [['SYS_ADMIN', 'SYS_PTRACE'], ['CHOWN'], 'af6043eee8667b5f'],
  [
    'SYSLOG BPF PERFMON SYS_TIME SYS_NICE DAC_READ_SEARCH SYS_BOOT SYS_MODULE SYS_PACCT SYS_RAWIO SYS_TTY_CONFIG'.split(
      ' ',
    ),
    [],
    '355697e97c4acc0c',
  ],
  [[], ['SYS_CHROOT', 'KILL'], '94000eef88763081'],
])('the default profile with %p and without %p is what Docker resolves it to', (add, drop, wanted) => {
  expect(digest(caps(add, drop))).toBe(wanted);
});

const names = (seccomp: SpecSeccomp | undefined): string[] | undefined =>
  seccomp?.syscalls.flatMap(({ names }) => names);

const rule = (name: string, conditions: object) => ({ names: [name], action: 'SCMP_ACT_ALLOW', ...conditions });

test('a rule holds by capability, architecture and kernel', () => {
  const profile = parseProfile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        rule('a', { includes: { caps: ['CAP_KILL'] } }),
        rule('b', { excludes: { caps: ['CAP_KILL'] } }),
        rule('c', { includes: { arches: ['arm64'] } }),
        rule('d', { excludes: { arches: ['arm64'] } }),
        rule('e', { includes: { minKernel: '6.12' } }),
        rule('f', { excludes: { minKernel: '6.12' } }),
        rule('g', { includes: { caps: ['CAP_KILL', 'CAP_CHOWN'] } }),
        { name: 'h', action: 'SCMP_ACT_ALLOW', args: null, includes: {}, excludes: {} },
      ],
    }),
  );
  expect(names(resolveProfile(profile, ['CAP_KILL'], machine))).toEqual(['a', 'd', 'e', 'h']);
  expect(names(resolveProfile(profile, ['CAP_KILL', 'CAP_CHOWN'], { architecture: 'arm64', kernel: [5, 20] }))).toEqual(
    ['a', 'c', 'f', 'g', 'h'],
  );
});

test('architectures come by list or by map, and an empty profile is none', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: null },
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
  ];
  const of = (profile: object) => resolveProfile(parseProfile(JSON.stringify(profile)), [], machine)?.architectures;
  expect(of({ defaultAction: 'SCMP_ACT_ALLOW', archMap })).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  expect(of({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_ARM'] })).toEqual(['SCMP_ARCH_ARM']);
  expect(of({ defaultAction: 'SCMP_ACT_ALLOW' })).toBeUndefined();
  expect(resolveProfile(parseProfile('{}'), [], machine)).toBeUndefined();
});

test.each([
  ['/x', "Decoding seccomp profile failed: invalid character '/' looking for beginning of value"],
  ['{', 'Decoding seccomp profile failed: unexpected end of JSON input'],
  ['', 'Decoding seccomp profile failed: unexpected end of JSON input'],
  [
    '{"architectures":["a"],"archMap":[{"architecture":"b"}]}',
    "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
  ],
  [
    '{"defaultAction":"x","syscalls":[{"name":"a","names":["b"]}]}',
    "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
  ],
  [
    '{"syscalls":[{"names":["a"],"includes":{"minKernel":"abc"}}]}',
    'Decoding seccomp profile failed: invalid kernel version: "abc", expected "<kernel>.<major>"',
  ],
  [
    '{"syscalls":[{"names":"mkdir"}]}',
    'json: cannot unmarshal string into Go struct field Seccomp.syscalls.0.names of type []string',
  ],
  [
    '{"syscalls":[{"names":["a"],"errnoRet":"x"}]}',
    'json: cannot unmarshal string into Go struct field Seccomp.syscalls.0.errnoRet of type uint',
  ],
  ['[]', 'json: cannot unmarshal array into Go value of type seccomp.Seccomp'],
])('%p is refused', (json, words) => {
  expect(() => parseProfile(json)).toThrow(words);
});
