import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sweepMountPlaces } from '../host/index.ts';
import { buildImage } from './build-image.ts';
import { createBounds } from './cache/bounds.ts';
import { createCache, forgetUnsynced } from './cache/cache.ts';
import { createCacheDirectories, sweepCacheDirectories } from './cache/directories.ts';
import { keepWithin } from './cache/policy.ts';
import { prune } from './cache/prune.ts';
import { usage } from './cache/usage.ts';
import { createClearing } from './clearing.ts';
import type { BuildDependencies, Context } from './context.ts';
import type { Builds } from './contract.ts';
import { createDigests } from './copy/checksum.ts';
import { listenFor } from './source/agents.ts';
import { filesOfTar } from './source/context-tar.ts';
import { localFiles } from './source/local.ts';
import { fetchRemote } from './source/remote.ts';

/** The build room. Call `restore` once before anything else. */
export function createBuilds(dependencies: BuildDependencies): Builds {
  const { store, dataRoot } = dependencies;
  const directory = join(dataRoot, 'build');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const directories = createCacheDirectories({ store, directory: join(directory, 'cache'), clock: dependencies.clock });
  const clearing = createClearing(dependencies.log);
  const context: Context = {
    ...dependencies,
    directory,
    cache: createCache(dependencies),
    directories,
    digests: createDigests(),
    running: new Map(),
    etc: new Map(),
    clearing,
    bounds: createBounds({ clearing, keep: () => keepWithin(context) }),
  };
  const closing = new AbortController();
  const under = new Set<Promise<unknown>>();
  return {
    build(request) {
      const signal = AbortSignal.any([request.signal, closing.signal]);
      const work = buildImage(context, { ...request, signal });
      under.add(work);
      return work.finally(() => under.delete(work));
    },
    localFiles: (key) => localFiles(context, key),
    receive: (archive, signal) => filesOfTar(join(directory, 'contexts'), archive, signal),
    fetch: (remote, options) => fetchRemote(context, remote, options),
    listen: (connect) => listenFor(join(directory, 'agents'), connect),
    usage: () => usage(context),
    prune: (options) => prune(context, options),
    restore() {
      forgetUnsynced(store);
      sweepMountPlaces(join(directory, 'mounts'));
      sweepCacheDirectories(store, join(directory, 'cache'));
      for (const left of ['run', 'etc', 'contexts', 'agents', 'exchange', 'local'])
        rmSync(join(directory, left), { recursive: true, force: true });
    },
    async close() {
      closing.abort();
      await Promise.allSettled(under);
      context.bounds.close();
      await context.clearing.settled();
    },
  };
}
