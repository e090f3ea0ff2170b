import { readSync } from 'node:fs';

/** One line of a terminal, without its end; '' when there is none. What comes after it stays unread. */
export function readLine(): string {
  const bytes: number[] = [];
  const one = Buffer.alloc(1);
  for (;;) {
    const count = readSync(0, one, 0, 1, null);
    if (count === 0 || one[0] === 10) return Buffer.from(bytes).toString().replace(/\r$/, '');
    bytes.push(one[0] ?? 0);
  }
}
