import { EngineError } from '../../kit/index.ts';
import { refused } from './refused.ts';
import table from './syscalls.json' with { type: 'json' };

export type ArchitectureName = 'x86_64' | 'x86' | 'x32' | 'aarch64' | 'arm';

/** One system call interface that a kernel serves. */
export interface Architecture {
  name: ArchitectureName;
  /** AUDIT_ARCH_*; x32 shares x86_64's. */
  audit: number;
  /** Whether arguments are 64 bits wide to a filter. */
  wide: boolean;
  /** What is added to its numbers: x32 marks them. */
  base: number;
}

export const X32_BIT = 0x4000_0000;

const architectures: Record<ArchitectureName, Architecture> = {
  x86_64: { name: 'x86_64', audit: 0xc000_003e, wide: true, base: 0 },
  x86: { name: 'x86', audit: 0x4000_0003, wide: false, base: 0 },
  x32: { name: 'x32', audit: 0xc000_003e, wide: false, base: X32_BIT },
  aarch64: { name: 'aarch64', audit: 0xc000_00b7, wide: true, base: 0 },
  arm: { name: 'arm', audit: 0x4000_0028, wide: false, base: 0 },
};

const native: Record<string, ArchitectureName> = { x64: 'x86_64', arm64: 'aarch64' };

const tokens: Record<string, ArchitectureName> = {
  SCMP_ARCH_X86_64: 'x86_64',
  SCMP_ARCH_X86: 'x86',
  SCMP_ARCH_X32: 'x32',
  SCMP_ARCH_AARCH64: 'aarch64',
  SCMP_ARCH_ARM: 'arm',
};

// Known to libseccomp and to profiles, but never met on the machines this runs on.
const foreign = /^SCMP_ARCH_(MIPS|MIPSEL|PPC|S390|RISCV|PARISC|LOONGARCH|M68K|SH)/;

/** The interfaces that a profile speaks of: the machine's own first, then those in its list that this machine could meet. */
export function architecturesOf(list: readonly string[], machine: string): Architecture[] {
  const own = native[machine];
  if (!own) throw new EngineError('unsupported', `seccomp: no system call table for ${machine}`);
  const names = new Set<ArchitectureName>([own]);
  for (const token of list) {
    const name = tokens[token];
    if (name) names.add(name);
    else if (token !== 'SCMP_ARCH_NATIVE' && !foreign.test(token)) {
      throw refused(`string ${token} is not a valid arch for seccomp`);
    }
  }
  return [...names].map((name) => architectures[name]);
}

const numbers = table.numbers as Record<string, number[]>;

/** The number of a system call as a filter sees it, undefined where the architecture has no such call. */
export function numberOf(architecture: Architecture, name: string): number | undefined {
  const number = Object.hasOwn(numbers, name) ? numbers[name]?.[table.architectures.indexOf(architecture.name)] : -1;
  return number === undefined || number < 0 ? undefined : number + architecture.base;
}

// socketcall(2) and ipc(2) of 32-bit x86: the call that stands for each of these, by its first argument.
const socketCalls =
  `socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown
  setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg`.split(/\s+/);
const ipcCalls = new Map(
  Object.entries({
    semop: 1,
    semget: 2,
    semctl: 3,
    semtimedop: 4,
    msgsnd: 11,
    msgrcv: 12,
    msgget: 13,
    msgctl: 14,
    shmat: 21,
    shmdt: 22,
    shmget: 23,
    shmctl: 24,
  }),
);

/** The other way to the same call on 32-bit x86: through which call, with which first argument. */
export function multiplexed(architecture: Architecture, name: string): { through: number; call: number } | undefined {
  if (architecture.name !== 'x86') return undefined;
  const socket = socketCalls.indexOf(name) + 1;
  const call = socket || ipcCalls.get(name);
  const through = numberOf(architecture, socket ? 'socketcall' : 'ipc');
  return call === undefined || through === undefined ? undefined : { through, call };
}
