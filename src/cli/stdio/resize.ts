import type { Client } from '../../client/index.ts';
import { windowSize } from './terminal.ts';

/** Changes the size for a moment, so that a program whose screen this terminal has not seen draws it again. */
export async function nudgeSize(client: Client, target: string): Promise<void> {
  const size = windowSize();
  if (!size) return;
  await client.send({ method: 'POST', path: `/${target}/resize`, query: { h: size.rows + 1, w: size.columns + 1 } });
}

/** Tells the engine the terminal's size now and whenever it changes; `target` is `containers/ID` or `exec/ID`. */
export async function followResize(client: Client, target: string): Promise<void> {
  const send = async () => {
    const size = windowSize();
    if (!size) return;
    await client.send({ method: 'POST', path: `/${target}/resize`, query: { h: size.rows, w: size.columns } });
  };
  // One after another, each with the size of its moment: the engine is told the newest last.
  let before: Promise<void> = Promise.resolve();
  const tell = (): Promise<void> => {
    const told = before.then(send);
    before = told.catch(() => undefined);
    return told;
  };
  process.on('SIGWINCH', () => {
    // A process that has just ended cannot be resized, and nobody misses it.
    tell().catch(() => undefined);
  });
  // A process may not have its terminal yet: a few more tries, as short as a user does not notice.
  for (let attempt = 0; ; attempt++) {
    try {
      return await tell();
    } catch {
      if (attempt === 5) return;
      await Bun.sleep(10 * (attempt + 1));
    }
  }
}
