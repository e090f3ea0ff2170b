import type { Context } from '../command.ts';
import { errorText } from '../error-text.ts';

const parallel = 50;

type Outcome = { line: string | undefined } | { error: unknown };

/** Does one thing to each name, prints the lines that come back, and says what went wrong with the others at the end: exit 1. */
export async function forEachName(
  context: Context,
  names: string[],
  work: (name: string) => Promise<string | undefined>,
): Promise<number> {
  const outcomes: Promise<Outcome>[] = [];
  const errors: unknown[] = [];
  for (const [at, name] of names.entries()) {
    // So many at once, and their answers in order.
    if (at >= parallel) await outcomes[at - parallel];
    outcomes.push(
      work(name).then(
        (line) => ({ line }),
        (error: unknown) => ({ error }),
      ),
    );
  }
  for (const coming of outcomes) {
    const outcome = await coming;
    if ('error' in outcome) errors.push(outcome.error);
    else if (outcome.line !== undefined) await context.out.line(outcome.line);
  }
  await context.out.flush();
  for (const error of errors) await context.err.line(errorText(error));
  return errors.length > 0 ? 1 : 0;
}
