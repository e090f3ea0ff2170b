import type { Images } from '../image/index.ts';
import type { Log } from '../kit/index.ts';
import type { Networks } from '../network/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Snapshots } from '../snapshot/index.ts';
import type { Store } from '../store/index.ts';
import type { Bounds } from './cache/bounds.ts';
import type { Cache } from './cache/cache.ts';
import type { CacheDirectories } from './cache/directories.ts';
import type { Clearing } from './clearing.ts';
import type { StepSpecs } from './contract.ts';
import type { Digests } from './copy/checksum.ts';
import type { Result } from './solve/result.ts';

/** What builds are made with. */
export interface BuildDependencies {
  store: Store;
  images: Images;
  registry: Registry;
  snapshots: Snapshots;
  networks: Networks;
  runtime: Runtime;
  specs: StepSpecs;
  /** `<data root>/build` is the room's. */
  dataRoot: string;
  log: Log;
  clock: () => Date;
}

/** What all parts of this room work with. */
export interface Context extends BuildDependencies {
  directory: string;
  cache: Cache;
  directories: CacheDirectories;
  digests: Digests;
  /** Steps that some build is at, by key: another that wants the same waits for it. */
  running: Map<string, Promise<Result>>;
  /** The files that steps share in /etc, by what they say. */
  etc: Map<string, string>;
  /** What is being cleared away behind the steps. */
  clearing: Clearing;
  /** Keeps the cache within its bounds. */
  bounds: Bounds;
}
