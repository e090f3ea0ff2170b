import { statfs } from 'node:fs/promises';
import { within } from '../../kit/index.ts';

/** How long a file system may think about it, in milliseconds. */
const patience = 1000;
const asked = new Map<string, Promise<void>>();

/**
 * Whether the file system at a path answers now (attributes alone may be remembered); so does what is not there. It is asked beside the
 * engine's other work, once at a time: a server that does not answer would hold up whoever looks, and there are only so many hands to
 * wait.
 */
export async function answers(path: string): Promise<boolean> {
  let question = asked.get(path);
  if (!question) {
    question = statfs(path)
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => asked.delete(path));
    asked.set(path, question);
  }
  return (await within(patience, question)) !== 'late';
}
