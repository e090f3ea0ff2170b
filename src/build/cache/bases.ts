import type { StackLayer } from '../../image/index.ts';
import { chainIds } from '../../oci/index.ts';
import type { Cache } from './cache.ts';

/** The key of an image's layers, whatever image has them; undefined without any. */
export function baseKey(layers: readonly StackLayer[]): string | undefined {
  const chain = chainIds(layers.map(({ diffId }) => diffId)).at(-1);
  return chain === undefined ? undefined : `base:${chain}`;
}

/** The record of an image's layers, which are here. */
export function baseRecord(
  cache: Cache,
  { key, name, layers }: { key: string; name: string; layers: StackLayer[] },
): string {
  return (
    cache.find(key) ??
    cache.add(
      {
        type: 'regular',
        description: `pulled from ${name}`,
        layers: layers.map(({ diffId, blob, size }) => ({ layer: diffId, blob, size })),
        size: layers.reduce((sum, { size }) => sum + size, 0),
      },
      [key],
    )
  );
}
