import { statfsSync } from 'node:fs';
import { crashpoint } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { prune } from './prune.ts';

const least = 2e9;
const share = 0.1;

/** Bytes that the cache may take: a tenth of its disk, but at least 2 GB. */
export function mostBytes({ directory }: Pick<Context, 'directory'>): number {
  const { blocks, bsize } = statfsSync(directory);
  return Math.max(least, blocks * bsize * share);
}

/** Removes what has not been used for longest until the cache is within its bounds. What images have too costs nothing, and stays. */
export async function keepWithin(context: Context): Promise<void> {
  const { CachesDeleted } = await prune(context, { all: false, filters: {}, keepStorage: mostBytes(context) });
  crashpoint('build.kept');
  if (CachesDeleted.length > 0) context.log.info('build cache was made smaller', { records: CachesDeleted.length });
}
