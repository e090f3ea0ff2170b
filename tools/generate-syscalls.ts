// Writes src/runtime/seccomp/syscalls.json from the kernel's user-space headers of all architectures, as Debian's package
// linux-libc-dev (6.11 or newer) unpacks them:  bun tools/generate-syscalls.ts <root>/usr/lib/linux/uapi
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];
if (!root) throw new Error('usage: bun tools/generate-syscalls.ts <directory of the uapi headers>');

const headers = {
  x86_64: ['x86/asm/unistd_64.h'],
  x86: ['x86/asm/unistd_32.h'],
  x32: ['x86/asm/unistd_x32.h'],
  aarch64: ['arm64/asm/unistd_64.h'],
  arm: ['arm/asm/unistd-eabi.h', 'arm/asm/unistd.h'],
};

/** Numbers by name; those of an arithmetic like (__X32_SYSCALL_BIT + 512) or (__ARM_NR_BASE+5) are taken relative to it. */
function numbersIn(paths: string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const path of paths) {
    const text = readFileSync(join(root as string, path), 'utf8');
    for (const [, arm, name = '', base = '', digits = ''] of text.matchAll(
      /^#define __(ARM_)?NR_(\w+)\s+\(?(?:(__\w+)\s*\+\s*)?(\d+)\)?/gm,
    )) {
      if (name === 'syscalls' || name === 'SYSCALL_MASK' || name.endsWith('BASE')) continue;
      if (arm && base !== '__ARM_NR_BASE') continue;
      numbers.set(name, Number(digits) + (arm ? 0x0f0000 : 0));
    }
  }
  return numbers;
}

const columns = Object.values(headers).map(numbersIn);
const names = [...new Set(columns.flatMap((column) => [...column.keys()]))].toSorted();
const rows = names.map((name) => `    "${name}": [${columns.map((column) => column.get(name) ?? -1).join(', ')}]`);
const text = `{\n  "architectures": ${JSON.stringify(Object.keys(headers)).replaceAll(',', ', ')},\n  "numbers": {\n${rows.join(',\n')}\n  }\n}\n`;
writeFileSync('src/runtime/seccomp/syscalls.json', text);
process.stdout.write(`${names.length} system calls\n`);
