import type { PlainLine } from '../api/index.ts';

export { main } from './main.ts';

/** Reads a command line that says all by itself (see plain/); undefined for any other. */
export async function readPlainLine(words: string[]): Promise<PlainLine | undefined> {
  return (await import('./plain/plain-line.ts')).readPlainLine(words);
}
