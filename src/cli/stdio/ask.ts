import type { Context } from '../command.ts';
import { readLine } from './line.ts';

/** Asks on stdout and returns the line that is typed, without the space around it. */
export async function ask({ out }: Pick<Context, 'out'>, question: string): Promise<string> {
  await out.write(question);
  await out.flush();
  return readLine().trim();
}

function echo(on: boolean): void {
  Bun.spawnSync(['stty', on ? 'echo' : '-echo'], { stdin: 'inherit' });
}

/** The same without showing what is typed. */
export async function askSecret(context: Pick<Context, 'out'>, question: string): Promise<string> {
  const restore = () => echo(true);
  echo(false);
  process.once('exit', restore);
  try {
    return await ask(context, question);
  } finally {
    restore();
    process.off('exit', restore);
    await context.out.line('');
  }
}
