import { setTimeout as sleep } from 'node:timers/promises';
import { firstLog, nextLog, type OpenLog } from './files.ts';
import { readLines } from './lines.ts';

/** Milliseconds between two looks at a log: soon after something came, seldom while it is quiet. */
const soonest = 4;
const latest = 80;

interface Following {
  path: string;
  /** Where to begin; undefined when there is no log yet. Taken over, and closed at the end. */
  from?: { file: OpenLog; offset: number };
  /** Resolves when nothing more will be written. */
  ended: Promise<unknown>;
  signal: AbortSignal;
}

/**
 * Blocks of whole lines from a place on, over all rotations, as it is written. It looks again and again instead of being told:
 * notifications about a file that is renamed and replaced many times a second get lost.
 */
export async function* follow({ path, from, ended, signal }: Following): AsyncGenerator<Buffer> {
  let over = false;
  const wake = new AbortController();
  const end = (): void => {
    over = true;
    wake.abort();
  };
  void ended.then(end, end);
  signal.addEventListener('abort', end, { once: true });
  let file = from?.file;
  let offset = from?.offset ?? 0;
  let pause = soonest;
  try {
    while (!signal.aborted) {
      // Both are looked at before the reading, so that what was written until then is surely read.
      const last = over;
      const next: OpenLog | undefined = file ? (await nextLog(path, file))?.file : await firstLog(path);
      const reached: number = file ? yield* readLines(file, offset) : offset;
      pause = reached > offset ? soonest : Math.min(pause * 2, latest);
      offset = reached;
      if (next) {
        await file?.handle.close();
        file = next;
        offset = 0;
        continue;
      }
      if (last) return;
      await sleep(pause, undefined, { signal: wake.signal }).catch(() => undefined);
    }
  } finally {
    signal.removeEventListener('abort', end);
    await file?.handle.close();
  }
}
