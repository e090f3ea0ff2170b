import type { Output } from './output.ts';

/** A remark beside the output, set off by an empty line. */
export async function printNote(out: Output, text: string, isTerminal: boolean): Promise<void> {
  const header = isTerminal ? '\x1b[1m\x1b[106m\x1b[30mi\x1b[0m\x1b[0m \x1b[96mInfo → \x1b[0m\x1b[0m' : ' Info -> ';
  const lines = text.split('\n').map((line) => (isTerminal ? `\x1b[3m${line}\x1b[0m` : line));
  await out.write(`\n${header}${lines.join(`\n${' '.repeat(9)}`)}\n`);
}
