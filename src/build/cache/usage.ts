import type { BuildCache } from '../../api/index.ts';
import type { Context } from '../context.ts';
import { type CacheRecord, recordsIn } from './records.ts';

/** The records as Docker shows them. */
export function usage(context: Context): BuildCache[] {
  const { store } = context;
  const all = store.view((tx) => recordsIn(tx).all());
  const shared = sharedLayers(context);
  return all.map(({ id, document }) => shown(context, { id, record: document, isShared: isShared(document, shared) }));
}

/** The layers that images have. */
export function sharedLayers({ store }: Pick<Context, 'store'>): (layer: string) => boolean {
  return (layer) =>
    store.view((tx) => tx.refs.ownersOf(`layer:${layer}`)).some(({ owner }) => owner.startsWith('image:'));
}

export function isShared({ layers }: CacheRecord, shared: (layer: string) => boolean): boolean {
  return layers.some(({ layer }) => shared(layer));
}

/** Of a cache mount it is what steps have made it. */
export function sizeOf({ directories }: Pick<Context, 'directories'>, { type, directory, size }: CacheRecord): number {
  return type === 'exec.cachemount' && directory !== undefined ? directories.size(directory) : size;
}

function shown(
  context: Context,
  { id, record, isShared }: { id: string; record: CacheRecord; isShared: boolean },
): BuildCache {
  const { cache, directories } = context;
  return {
    ID: id,
    ...(record.parent !== undefined && { Parents: [record.parent] }),
    Type: record.type,
    Description: record.description,
    InUse: cache.isHeld(id) || directories.inUse(id),
    Shared: isShared,
    Size: sizeOf(context, record),
    CreatedAt: record.createdAt,
    LastUsedAt: record.usedAt,
    UsageCount: record.uses,
  };
}
