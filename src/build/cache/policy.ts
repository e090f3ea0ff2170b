import { statfsSync } from 'node:fs';
import { crashpoint } from '../../kit/index.ts';
import type { Clearing } from '../clearing.ts';
import type { Context } from '../context.ts';
import { prune } from './prune.ts';

const least = 2e9;
const share = 0.1;

/** Bytes that the cache may take: a tenth of its disk, but at least 2 GB. */
export function mostBytes({ directory }: Pick<Context, 'directory'>): number {
  const { blocks, bsize } = statfsSync(directory);
  return Math.max(least, blocks * bsize * share);
}

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

/** Removes what has not been used for longest until the cache is within its bounds. What images have too costs nothing, and stays. */
export async function keepWithin(context: Context): Promise<void> {
  const { CachesDeleted } = await prune(context, { all: false, filters: {}, keepStorage: mostBytes(context) });
  crashpoint('build.kept');
  if (CachesDeleted.length > 0) context.log.info('build cache was made smaller', { records: CachesDeleted.length });
}
