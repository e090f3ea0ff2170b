import type { Context } from '../../command.ts';
import { errorText } from '../../error-text.ts';

/** Does one thing to each name, prints the lines that come back, and says what went wrong with the others at the end: exit 1. */
export async function forEachName(
  context: Context,
  names: string[],
  work: (name: string) => Promise<string | undefined>,
): Promise<number> {
  const outcomes = await Promise.all(
    names.map((name) =>
      work(name).then(
        (line) => ({ line }),
        (error: unknown) => ({ error }),
      ),
    ),
  );
  let code = 0;
  for (const outcome of outcomes)
    if ('line' in outcome && outcome.line !== undefined) await context.out.line(outcome.line);
  await context.out.flush();
  for (const outcome of outcomes) {
    if ('line' in outcome) continue;
    code = 1;
    await context.err.line(errorText(outcome.error));
  }
  return code;
}
