import { readFileSync, readlinkSync } from 'node:fs';
import { syscall } from '../calls/syscall.ts';

const MADV_DONTNEED = 4;

/**
 * Takes the pages of this program's code out of its memory; those that are still wanted come back from the page cache as they
 * are used. A large program that has come up keeps only what it works with. Only code: it is never written, not even by the loader.
 */
export function dropOwnCode(): void {
  const program = readlinkSync('/proc/self/exe');
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) r-xp /.exec(line) ?? [];
    if (from === '' || !line.endsWith(` ${program}`)) continue;
    const start = BigInt(`0x${from}`);
    syscall('madvise', start, BigInt(`0x${to}`) - start, MADV_DONTNEED);
  }
}
