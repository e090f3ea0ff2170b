import type { Hold } from '../cache/cache.ts';
import type { CachedLayer } from '../cache/records.ts';
import type { Context } from '../context.ts';
import type { BuildRequest, Files } from '../contract.ts';
import type { Imports } from '../exchange/imports.ts';
import type { Graph } from '../graph/vertex.ts';
import type { Packing } from '../output/packing.ts';
import type { Progress } from '../progress.ts';
import type { Ahead } from '../run/ahead.ts';
import type { Origins } from '../source/origins.ts';

/** One build on its way. */
export interface Build {
  context: Context;
  request: BuildRequest;
  graph: Graph;
  progress: Progress;
  hold: Hold;
  origins: Origins;
  /** What `--cache-from` offers. */
  imports: Imports;
  ahead: Ahead;
  packing: Packing;
  /** The steps whose layers an image will have. */
  imageSteps: ReadonlySet<string>;
  /** Whether the cache may give this. */
  allows(stack: CachedLayer[]): boolean;
  /** The main context; asked for when a step needs it. */
  files(): Promise<Files>;
  /** Says why a step was or was not taken from the cache. */
  explain(step: string, reason: string): void;
  signal: AbortSignal;
  /** SOURCE_DATE_EPOCH, in seconds. */
  epoch: number | undefined;
}
