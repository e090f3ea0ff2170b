import type { Context } from '../command.ts';
import { CliError } from '../command.ts';
import { readInput } from './input.ts';

/**
 * Asks a question on stdout and reads one line of stdin: only `y` or `Y` is a yes. A prompt that a signal ends is a
 * CliError, as in Docker.
 */
export async function confirm({ out }: Pick<Context, 'out'>, question: string): Promise<boolean> {
  await out.write(`${question} [y/N] `);
  const interrupted = new Promise<never>((_, reject) => {
    const stop = () => {
      void out.write('\n').then(() => reject(new CliError('prompt terminated')));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  const answer = await Promise.race([readLine(), interrupted]);
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
