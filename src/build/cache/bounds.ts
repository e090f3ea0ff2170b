import type { Clearing } from '../clearing.ts';

/** Milliseconds: however many builds end one after another, the whole cache is looked through no more often. */
const pause = 10_000;

/** Sees to it that the cache comes back within its bounds. */
export interface Bounds {
  /** A build has ended: looks now, or soon if it has just done so. */
  look(): void;
  close(): void;
}

export function createBounds({ clearing, keep }: { clearing: Clearing; keep: () => Promise<void> }): Bounds {
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    timer = undefined;
    last = performance.now();
    clearing.add(keep);
  };
  return {
    look() {
      const left = last + pause - performance.now();
      if (left <= 0) run();
      else timer ??= setTimeout(run, left).unref();
    },
    close: () => clearTimeout(timer),
  };
}
