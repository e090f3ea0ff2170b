import { closeFd, openDirectoryAt, usingFd } from '../../host/index.ts';
import { newId } from '../../kit/index.ts';
import { baseKey, baseRecord } from '../cache/bases.ts';
import type { Files } from '../contract.ts';
import { checksum } from '../copy/checksum.ts';
import { copyTo } from '../copy/copier.ts';
import { placeIn } from '../copy/copy-step.ts';
import { byteString } from '../copy/paths.ts';
import { told, type Vertex } from '../graph/vertex.ts';
import type { Build } from './build.ts';
import type { Result } from './result.ts';

const scratch: Result = { stack: [], key: 'scratch' };

/** What a stage starts from, if that is no other stage. */
export async function sourceResult(build: Build, vertex: Vertex): Promise<Result> {
  const { base } = vertex.stage;
  if (base.kind !== 'image') return scratch;
  return build.progress.during(told(vertex), async () => {
    const { context, name } = base.request;
    const named = context === undefined ? undefined : build.request.contexts.get(context);
    if (named && 'files' in named) return filesResult(build, await named.files(), name);
    const { layers } = await build.origins.image(base.request);
    const key = baseKey(layers);
    if (key === undefined) return scratch;
    return recorded(build, baseRecord(build.context.cache, { key, name, layers }), key);
  });
}

function recorded({ context: { cache }, hold }: Build, record: string, key: string): Result {
  hold.use(record);
  return { record, stack: cache.stack(record), key };
}

/** The files of a named context as a layer, made once for equal files. */
async function filesResult(build: Build, { root }: Files, name: string): Promise<Result> {
  const { cache, snapshots, digests } = build.context;
  const { signal } = build;
  const all = placeIn(root, byteString('/'));
  try {
    const key = `files:${await checksum(all, { digests, owners: true, excludes: undefined, signal })}`;
    const known = cache.find(key);
    if (known !== undefined) return recorded(build, known, key);
    const layer = await layerOf(build, all);
    const size = snapshots.layerSize(layer, []);
    const made = {
      type: 'source.local' as const,
      description: `local source for ${name}`,
      layers: [{ layer, size }],
      size,
    };
    return recorded(build, cache.add(made, [key]), key);
  } finally {
    all.close();
  }
}

async function layerOf({ context: { snapshots }, signal }: Build, from: Parameters<typeof copyTo>[0]): Promise<string> {
  const id = newId();
  await snapshots.create(id, [], { places: 'none' });
  try {
    const mounted = snapshots.mount(id, { volatile: true });
    const directory = usingFd(mounted, (fd) => openDirectoryAt(fd, '.'));
    try {
      await copyTo(from, { directory, name: Buffer.from('.') }, { signal });
    } finally {
      closeFd(directory);
    }
    return await snapshots.keep(id);
  } catch (error) {
    await snapshots.remove(id);
    throw error;
  }
}
