import type { BuildSessionRequest } from '../../../api/index.ts';
import type { Context } from '../../command.ts';
import { unpack } from '../../copy/unpack.ts';
import { fs, path } from '../../lazy.ts';
import { writeOutput } from './outputs.ts';
import type { Answers } from './session.ts';
import type { BuildSource } from './source/contexts.ts';
import { listTree } from './source/tree.ts';

/** The directories that a build reads and writes here: contexts, outputs, caches. */
export function createPlaces(
  context: Context,
  source: BuildSource,
  request: BuildSessionRequest,
): Pick<Answers, 'tree' | 'output' | 'cache'> {
  return {
    tree(name, paths) {
      const cache = /^cache-from:(\d+)$/.exec(name)?.[1];
      if (cache === undefined) return source.tree(name, paths);
      const { src = '' } = request.cacheFrom[Number(cache)] ?? {};
      const directory = path().resolve(src);
      if (!fs().existsSync(path().join(directory, 'index.json'))) {
        throw new Error(`could not read ${path().join(src, 'index.json')}: no such file or directory`);
      }
      return listTree(directory, {});
    },
    output: (index, bytes) => writeOutput(context, request.outputs[index] ?? {}, bytes),
    cache(index, bytes) {
      const { dest = '' } = request.cacheTo[index] ?? {};
      fs().mkdirSync(dest, { recursive: true });
      return unpack(bytes, dest, { rename: (name) => name });
    },
  };
}
