import { readInput } from './input.ts';
import type { Output } from './output.ts';

/** Asks a question on stdout and reads one line of stdin: only `y` or `Y` is a yes. A signal is a no. */
export async function confirm(out: Output, question: string): Promise<boolean> {
  await out.write(`${question} [y/N] `);
  const interrupted = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve('n'));
  });
  const answer = await Promise.race([readLine(), interrupted.then((no) => out.write('\n').then(() => no))]);
  return answer.trim().toLowerCase() === 'y';
}

async function readLine(): Promise<string> {
  const decoder = new TextDecoder();
  let line = '';
  for await (const bytes of readInput()) {
    line += decoder.decode(bytes, { stream: true });
    const end = line.indexOf('\n');
    if (end >= 0) return line.slice(0, end);
  }
  return line;
}
