import { chainIds } from '../../oci/index.ts';
import { told, type Vertex } from '../graph/vertex.ts';
import type { Build } from './build.ts';
import type { Result } from './result.ts';

/** What a stage starts from, if that is no other stage. */
export async function sourceResult(build: Build, vertex: Vertex): Promise<Result> {
  const { base } = vertex.stage;
  if (base.kind !== 'image') return { stack: [], key: 'scratch' };
  return build.progress.during(told(vertex), async () => {
    const { layers } = await build.origins.image(base.request);
    const key = `base:${chainIds(layers.map(({ diffId }) => diffId)).at(-1) ?? 'scratch'}`;
    if (layers.length === 0) return { stack: [], key: 'scratch' };
    const { cache } = build.context;
    const record =
      cache.find(key) ??
      cache.add(
        {
          type: 'regular',
          description: `pulled from ${base.request.name}`,
          layers: layers.map(({ diffId, blob, size }) => ({ layer: diffId, blob, size })),
          size: layers.reduce((sum, { size }) => sum + size, 0),
        },
        [key],
      );
    build.hold.use(record);
    return { record, stack: cache.stack(record), key };
  });
}
